// Pages are read once while all is well, and after that only those: what readers see of an origin that is gone. Where
// the edge fetches ahead nobody reads anything before, and after that every published page.

import exec from "k6/execution";
import * as addresses from "../lib/addresses.js";
import { cameras, favourites, offers, reviews } from "../lib/pages.js";
import { chance } from "../lib/random.js";
import { read } from "../lib/reader.js";
import { settings } from "../lib/settings.js";

const VUS = 5;
/** A first read takes up to half a second. */
const PAGES_PER_VU_S = 2;
const NEW_CONNECTIONS = 0.3;

/** How long the first reads may take: half of the time until the origin goes away. */
export const seenAtS = Math.max(1, Math.floor((settings.loss?.cutAtS ?? 0) / 2));

const pages = settings.prefetch ? published() : toBeSeen();
const page = favourites(pages);

/** A closed model: each page must have been read once. @returns {import("../lib/options.js").Scenarios} */
export function seeing() {
  if (settings.prefetch) return {};
  const often = { vus: Math.min(VUS, pages.length), iterations: pages.length, maxDuration: `${seenAtS}s` };
  return { see: { executor: "shared-iterations", exec: "see", ...often, tags: { region: settings.region } } };
}

export function see() {
  read(pages[exec.scenario.iterationInTest]);
}

export function reread() {
  read(page(), { leaves: chance(NEW_CONNECTIONS) });
}

/** Every page that has an address of its own. */
function published() {
  return [...Array.from(reviews, (review) => addresses.review(review)), ...Array.from(cameras, addresses.cameraPage)];
}

/** As many as can be read in that time; all kinds have their favourites. */
function toBeSeen() {
  const homes = ["pt-BR", "es", "en"].map((locale) => addresses.home(locale));
  const each = Math.max(1, Math.floor((seenAtS * VUS * PAGES_PER_VU_S - homes.length) / 3));
  const kinds = [
    Array.from(reviews).map((review) => addresses.review(review, "camera,author")),
    Array.from(cameras).map((camera) => addresses.camera(camera, settings.region)),
    Array.from(offers).map((offer) => addresses.offer(offer)),
  ];
  const ranks = Array.from({ length: each }, (_, rank) => kinds.flatMap((kind) => kind.slice(rank, rank + 1)));
  return [...homes, ...ranks.flat()];
}
