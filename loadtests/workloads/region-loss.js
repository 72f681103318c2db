// A region loses its edge. Its readers meet errors until DNS has moved them to another one, and none after that; the
// readers of the other regions notice nothing.

import { steady } from "../lib/arrivals.js";
import { byRole, reading, requiredLoss, writing } from "../lib/options.js";
import { editing } from "../scenarios/editing.js";
import { everybody } from "../scenarios/everybody.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/editing.js";
export * from "../scenarios/everybody.js";

export const options = byRole({
  readers: () => {
    requiredLoss();
    return reading(everybody(steady));
  },
  editors: () => writing(editing()),
});
