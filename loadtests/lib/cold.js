// Pages that nobody has asked for: every way to ask for a review is a page of its own to an edge, and no other
// reader names an `include` and a `market` together.

import { reviews } from "./pages.js";

const INCLUDES = ["camera", "author", "offers", "camera,author", "camera,offers", "author,offers", "camera,author,offers"];
const MARKETS = ["AR", "BR", "CL", "DE", "JP", "US"];

export const coldVariants = INCLUDES.length * MARKETS.length;
export const coldPages = reviews.length * coldVariants;

/**
 * The first ones are of different reviews, so that the origin has nothing of them at hand either.
 * @param {number} index From 0 up to, and without, `coldPages`.
 * @returns {import("./addresses.js").Address}
 */
export function coldPage(index) {
  const { slug, locale } = reviews[index % reviews.length];
  const variant = Math.floor(index / reviews.length);
  const include = INCLUDES[variant % INCLUDES.length];
  const market = MARKETS[Math.floor(variant / INCLUDES.length)];
  return { page: "review", path: `/v1/reviews/${slug}?locale=${locale}&include=${include}&market=${market}` };
}
