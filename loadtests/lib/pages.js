// What there is to read. The runner has it from the origin, so that no edge has seen any of it.

import { SharedArray } from "k6/data";
import { random } from "./random.js";
import { settings } from "./settings.js";
import { zipf } from "./zipf.js";

/** @typedef {import("./settings.js").ReviewRef} ReviewRef */

/** How many of the favourite reviews the editors have under their hands. */
const EDITED_MAX = 50;

/** @type {ArrayLike<ReviewRef>} */
export const reviews = list("reviews", (item) => isObject(item) && isText(item.slug) && isText(item.locale));
/** @type {ArrayLike<string>} */
export const cameras = list("cameras", isText);
/** @type {ArrayLike<string>} */
export const offers = list("offers", isText);
/** @type {ArrayLike<string>} */
export const queries = list("queries", isText);

/** Each in one language only: versions are counted by review. @type {ArrayLike<ReviewRef>} */
export const edited = new SharedArray("edited", () => {
  const known = new Set(settings.watched.map(({ slug }) => slug));
  return Array.from(reviews)
    .filter(({ slug }) => !known.has(slug) && known.add(slug))
    .slice(0, EDITED_MAX);
});

/** A choice in which the first of the list are the favourites. @template T @param {ArrayLike<T>} of @returns {() => T} */
export function favourites(of) {
  const index = zipf(of.length, settings.zipfExponent, random);
  return () => of[index()];
}

/**
 * @param {string} name
 * @param {(item: unknown) => boolean} fits
 * @returns {any[]}
 */
function list(name, fits) {
  return new SharedArray(name, () => {
    const items = JSON.parse(open(settings.pagesPath))[name];
    if (!Array.isArray(items) || items.length === 0) throw new Error(`PAGES: "${name}" is no list with something in it`);
    const odd = items.findIndex((item) => !fits(item));
    if (odd >= 0) throw new Error(`PAGES: ${name}[${odd}] is ${JSON.stringify(items[odd])}`);
    return items;
  });
}

/** @param {unknown} item */
function isText(item) {
  return typeof item === "string" && item !== "";
}

/** @param {unknown} item @returns {item is Record<string, unknown>} */
function isObject(item) {
  return item !== null && typeof item === "object";
}
