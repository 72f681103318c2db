// Readers who go on reading while the edge is restarted under them: not one of them may notice.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8090 -e SECONDS=15 loadtests/rolling-restart.js
//
// `cargo stack test rolling_restart` runs it while it restarts the edge three times.

import http from "k6/http";
import { Counter } from "k6/metrics";

const base = __ENV.BASE_URL;
// What a person might read, and a page that is not there.
const paths = ["/v1/cameras?limit=20", "/v1/reviews?locale=pt-BR&limit=20", "/v1/search?q=camera&locale=en-US", "/v1/cameras/no-such-camera"];

const broken = new Counter("broken");

export const options = {
  vus: 32,
  duration: `${__ENV.SECONDS || 15}s`,
  // Connections are kept open: it is them that a restart must not break.
  noConnectionReuse: false,
  thresholds: { broken: ["count==0"] },
};

export default function () {
  for (const path of paths) {
    check(http.get(base + path), path);
  }
  // Go's client repeats a GET that met a closing connection; what has a body it does not.
  check(http.post(`${base}/v1/search`, "{}", { headers: { "content-type": "application/json" } }), "POST");
}

/** @param {import("k6/http").Response} answer @param {string} path */
function check(answer, path) {
  // No answer is status 0.
  if (answer.status === 0 || answer.status >= 500) {
    broken.add(1);
    // k6 has a console, and its types do not.
    /** @type {any} */ (globalThis).console.error(`${path}: ${answer.status} ${answer.error}`);
  }
}

/** @param {any} data */
export function handleSummary(data) {
  const count = (/** @type {string} */ name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  return { stdout: JSON.stringify({ requests: count("http_reqs"), broken: count("broken") }) + "\n" };
}
