// Somebody comes to the home list, opens a review, looks at the camera and leaves to buy it: four pages on one
// connection. Nobody pauses between pages: in an open model that would change how many are on their way, not what
// the edge is asked for.

import * as addresses from "../lib/addresses.js";
import { cameras, favourites, offers, reviews } from "../lib/pages.js";
import { read } from "../lib/reader.js";
import { settings } from "../lib/settings.js";

const review = favourites(reviews);
const camera = favourites(cameras);
const offer = favourites(offers);

export function browse() {
  const opened = review();
  const journey = [
    addresses.home(opened.locale),
    addresses.review(opened, "camera,author"),
    addresses.camera(camera(), settings.region),
    addresses.offer(offer()),
  ];
  // Who meets an error leaves.
  journey.every((address) => read(address) !== null);
}
