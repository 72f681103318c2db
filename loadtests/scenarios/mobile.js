// Somebody reads on the way: short lists, the text without what goes with it, small photographs, and a network that
// loses the connection every other page.

import * as addresses from "../lib/addresses.js";
import { favourites, reviews } from "../lib/pages.js";
import { chance } from "../lib/random.js";
import { read } from "../lib/reader.js";

const SHORT = 10;
const LOSES_CONNECTION = 0.5;

const review = favourites(reviews);

export function mobile() {
  const opened = review();
  if (read(addresses.home(opened.locale, SHORT), { leaves: chance(LOSES_CONNECTION) }) === null) return;
  const text = read(addresses.review(opened), { leaves: chance(LOSES_CONNECTION), withBody: true });
  const sha256 = text?.json("photographs.0.sha256");
  if (typeof sha256 === "string") read(addresses.media(sha256, 480), { leaves: chance(LOSES_CONNECTION) });
}
