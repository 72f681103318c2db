// An edge that has nothing: every reader asks for a page that nobody has asked for, on a connection of their own.

import { steady } from "../lib/arrivals.js";
import { coldPages } from "../lib/cold.js";
import { byRole, reading } from "../lib/options.js";
import { settings } from "../lib/settings.js";

export { handleSummary } from "../lib/summary.js";
export { coldReader } from "../scenarios/cold-reader.js";

const wanted = Math.ceil(settings.rate * settings.seconds) + 1;
if (wanted > coldPages) throw new Error(`RATE, SECONDS: ${wanted} cold pages are wanted, and there are ${coldPages}`);

export const options = byRole({
  readers: () => ({ ...reading({ cold: steady("coldReader") }), noConnectionReuse: true }),
});
