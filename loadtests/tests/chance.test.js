import assert from "node:assert/strict";
import { test } from "node:test";
import { mistyped } from "../lib/typos.js";
import { zipf } from "../lib/zipf.js";

test("rank r is chosen in proportion to 1 / r^exponent", () => {
  const draws = 100_000;
  // Evenly spread, so that the counts are exact but for rounding.
  let drawn = 0;
  const choose = zipf(50, 0.9, () => (drawn++ + 0.5) / draws);
  const counts = new Array(50).fill(0);
  for (let draw = 0; draw < draws; draw += 1) counts[choose()] += 1;
  for (const rank of [2, 10, 50]) assert.ok(Math.abs(counts[0] / counts[rank - 1] / rank ** 0.9 - 1) < 0.01, `rank ${rank}`);
});

test("the ends of chance are the ends of the list", () => {
  assert.equal(zipf(7, 1, () => 0)(), 0);
  assert.equal(zipf(7, 1, () => 1 - 2 ** -53)(), 6);
});

test("a typo is one mistake, behind the first letter, and always the same", () => {
  assert.deepEqual([0, 1, 2, 3].map((which) => mistyped("câmera", which)), ["cmâera", "cmera", "cââmera", "camera"]);
  assert.equal(mistyped("câmera", 12), "câmear");
  assert.equal(mistyped("câmera", 16), mistyped("câmera", 0));
  assert.equal(mistyped("r5", 0), "r5");
});
