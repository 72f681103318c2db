// Few pages are read by many, and many by few: the page of rank r is asked for in proportion to 1 / r^exponent.

/**
 * A choice of an index from 0 (the favourite) up to, and without, `length`.
 * @param {number} length
 * @param {number} exponent 0: all alike.
 * @param {() => number} random From 0 up to, and without, 1.
 * @returns {() => number}
 */
export function zipf(length, exponent, random) {
  const sums = new Float64Array(length);
  let sum = 0;
  for (let index = 0; index < length; index += 1) {
    sum += (index + 1) ** -exponent;
    sums[index] = sum;
  }
  return () => firstAbove(sums, random() * sum);
}

/** @param {Float64Array} sums Ascending. @param {number} wanted Below the last of them. */
function firstAbove(sums, wanted) {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
