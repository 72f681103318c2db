// The first read of a page asks the origin, the second one does not, and the edge says so.

import { check } from "k6";
import { coldPage, coldVariants } from "../lib/cold.js";
import { cacheStatus } from "../lib/cache-status.js";
import { reviews } from "../lib/pages.js";
import { read } from "../lib/reader.js";
import { settings } from "../lib/settings.js";

const PAGES = 5;
/** Other ones for another seed, and from the middle: editors are busy with the first. */
const FIRST = (settings.seed % coldVariants) * reviews.length + Math.floor(reviews.length / 2);

/** @returns {import("../lib/options.js").Scenarios} */
export function firstReads() {
  const once = { vus: 1, iterations: PAGES, maxDuration: "60s" };
  return { first_read: { executor: "per-vu-iterations", exec: "firstRead", ...once, tags: { region: settings.region } } };
}

export function firstRead() {
  const address = coldPage(FIRST + __ITER);
  const reasons = [read(address), read(address)].map((answer) => cacheStatus(answer?.headers["Cache-Status"]).reason);
  check(reasons, {
    "the first read of a page is a miss": ([first]) => first === "miss",
    "the second read of a page is a hit": ([, second]) => second === "hit",
  });
}
