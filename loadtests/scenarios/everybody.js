// All journeys, as they are mixed on an ordinary day, and those who watch.

import { REGIONS, settings } from "../lib/settings.js";
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
  // Not in step, neither with one another nor with other regions: nobody waits for a crowd that only a clock made.
  const kinds = Object.entries(SHARES);
  const phase = (/** @type {number} */ place) => (place + REGIONS.indexOf(settings.region) / REGIONS.length) / kinds.length;
  const journeys = kinds.map(([journey, share], place) => [journey, shape(journey, share, { phase: phase(place) })]);
  return { ...Object.fromEntries(journeys), ...watching() };
}
