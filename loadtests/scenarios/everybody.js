// All journeys, as they are mixed on an ordinary day, and those who watch.

import { watching } from "./watch.js";

export { browse } from "./browse.js";
export { deepLink } from "./deep-link.js";
export { mobile } from "./mobile.js";
export { search } from "./search.js";
export { watch } from "./watch.js";

/** Parts of all journeys. */
const SHARES = { browse: 0.4, search: 0.15, deepLink: 0.25, mobile: 0.2 };

/** @param {import("../lib/arrivals.js").Shape} shape @returns {import("../lib/options.js").Scenarios} */
export function everybody(shape) {
  const journeys = Object.entries(SHARES).map(([journey, share]) => [journey, shape(journey, share)]);
  return { ...Object.fromEntries(journeys), ...watching() };
}
