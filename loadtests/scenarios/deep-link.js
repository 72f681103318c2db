// Somebody follows a link from social media straight to a review: one page, and always on a new connection.

import * as addresses from "../lib/addresses.js";
import { favourites, reviews } from "../lib/pages.js";
import { read } from "../lib/reader.js";

const review = favourites(reviews);

export function deepLink() {
  read(addresses.review(review(), "camera,author"), { leaves: true });
}
