// Every public path that readers use, in one place.

/** @typedef {import("./settings.js").ReviewRef} ReviewRef */
/** @typedef {"home" | "review" | "camera" | "offer" | "search" | "media"} Page */
/** @typedef {{ page: Page, path: string }} Address */

/** Whose offers a reader in each region looks at. */
const MARKETS = { sa: "BR", na: "US", eu: "DE", asia: "JP" };

/** @param {string} locale @param {number} [limit] @returns {Address} */
export function home(locale, limit = 20) {
  return { page: "home", path: `/v1/reviews?locale=${locale}&limit=${limit}` };
}

/** @param {ReviewRef} review @param {string} [include] @returns {Address} */
export function review({ slug, locale }, include) {
  return { page: "review", path: `/v1/reviews/${slug}?locale=${locale}${include ? `&include=${include}` : ""}` };
}

/** @param {string} slug @param {import("./settings.js").Region} region @returns {Address} */
export function camera(slug, region) {
  return { page: "camera", path: `/v1/cameras/${slug}?market=${MARKETS[region]}` };
}

/** Its own page, without a market's offers. @param {string} slug @returns {Address} */
export function cameraPage(slug) {
  return { page: "camera", path: `/v1/cameras/${slug}` };
}

/** @param {string} id @returns {Address} */
export function offer(id) {
  return { page: "offer", path: `/go/${id}` };
}

/** @param {string} words @param {string} locale @returns {Address} */
export function search(words, locale) {
  return { page: "search", path: `/v1/search?q=${encodeURIComponent(words)}&locale=${locale}` };
}

/** @param {string} sha256 @param {480 | 960 | 1920} width @returns {Address} */
export function media(sha256, width) {
  return { page: "media", path: `/media/${sha256}/${width}` };
}
