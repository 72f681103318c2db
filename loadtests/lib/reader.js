// One page, read as a reader does, and all that is measured of it.

import http from "k6/http";
import { cacheStatus } from "./cache-status.js";
import { cacheStatuses, readerErrors, readerWaitMs, unconfirmed } from "./metrics.js";
import { edge, elapsedS, windowOf } from "./place.js";

/** @typedef {import("./addresses.js").Address} Address */
/** @typedef {import("k6/http").RefinedResponse<"text" | "none">} Response */
/** @typedef {{ leaves?: boolean, withBody?: boolean }} How */

/** Every browser and phone takes compressed answers: half the bytes, so fewer packets of which one may be lost. */
export const ACCEPTS = { "accept-encoding": "gzip" };
/** Nobody waits longer; and a connection into a cut would hold its VU for a minute. */
const PATIENCE = "10s";

/**
 * `null` if it was not the page: the reader gives up.
 *
 * A VU keeps its connection, so its next reader finds it open. Who `leaves` asks for `connection: close`:
 * after this answer the connection is closed, and this VU's next request is on a new one. (The option
 * `noConnectionReuse` would do it for all readers of the process.)
 *
 * @param {Address} address @param {How} [how] @returns {Response | null}
 */
export function read({ page, path }, { leaves = false, withBody = false } = {}) {
  const startedS = elapsedS();
  const answer = http.get(edge() + path, {
    headers: leaves ? { ...ACCEPTS, connection: "close" } : ACCEPTS,
    responseType: withBody ? "text" : "none",
    // The way to a shop is the answer; the shop is not ours to load.
    redirects: 0,
    timeout: PATIENCE,
  });
  if (answer.status !== (page === "offer" ? 302 : 200)) {
    readerErrors.add(1, { window: windowOf(startedS, elapsedS()), status: String(answer.status) });
    return null;
  }
  const told = cacheStatus(answer.headers["Cache-Status"]);
  cacheStatuses.add(1, { reason: told.reason });
  if (told.unconfirmed) unconfirmed.add(1);
  const { blocked, connecting, duration } = answer.timings;
  // `blocked` holds the handshakes already.
  readerWaitMs.add(blocked + duration, { kind: kind(told.hit, connecting > 0), page });
  return answer;
}

/** @param {boolean} hit @param {boolean} connected */
function kind(hit, connected) {
  return `${hit ? "warm" : "cold"}_${connected ? "new" : "kept"}`;
}
