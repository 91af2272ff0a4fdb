"use strict";

// From a drawing to a verdict, as digitrec does it: imaging/ink_to_image.py and shape.py, inference/ood_features.py,
// reference.py and verdict.py. The names are theirs. A mask is a Uint8Array of 0 and 1; `width` is of its rows.

const SIDE = 28;
const BOX = 20;

// --- ink to image ---

const roundHalfToEven = (x) => {
  const low = Math.floor(x);
  const rest = x - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
};

function boundingBox(pixels, height, width) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!pixels[y * width + x]) continue;
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      [left, right] = [Math.min(left, x), Math.max(right, x)];
    }
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

// Averages over `size` equal parts of the rows; returns them transposed.
function averageRows(values, height, width, size) {
  const result = new Float64Array(size * width);
  for (let x = 0; x < width; x++) {
    const sums = new Float64Array(height + 1);
    for (let y = 0; y < height; y++) sums[y + 1] = sums[y] + values[y * width + x];
    const upTo = (edge) => {
      const whole = Math.min(Math.floor(edge), height - 1);
      return sums[whole] + (edge - whole) * values[whole * width + x];
    };
    for (let i = 0; i < size; i++) {
      const [from, to] = [i * (height / size), (i + 1) * (height / size)];
      result[x * size + i] = (upTo(to) - upTo(from)) * (size / height);
    }
  }
  return result;
}

// The start of rows (columns) with these sums that puts their centre of mass in the middle, all inside.
function findStart(profile) {
  const mass = profile.reduce((sum, value) => sum + value, 0);
  const centre = profile.reduce((sum, value, i) => sum + value * i, 0) / mass;
  const exact = Math.round((SIDE / 2 - centre) * 1e6) / 1e6; // the last digits of the sums do not decide
  return Math.min(Math.max(roundHalfToEven(exact), 0), SIDE - profile.length);
}

// The image, Uint8Array (784), of a drawing; null where it holds no ink, or too little.
function toMnist(ink, height, width) {
  const box = boundingBox(ink, height, width);
  if (!box) return null;
  const cropped = new Float64Array(box.height * box.width);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) cropped[y * box.width + x] = ink[(box.top + y) * width + box.left + x];
  }
  const scale = BOX / Math.max(box.height, box.width);
  const rows = Math.max(1, roundHalfToEven(box.height * scale));
  const columns = Math.max(1, roundHalfToEven(box.width * scale));
  const scaled = averageRows(averageRows(cropped, box.height, box.width, rows), box.width, rows, columns);
  const byRow = Array.from({ length: rows }, (_, y) => scaled.slice(y * columns, (y + 1) * columns).reduce((a, b) => a + b, 0));
  const byColumn = Array.from({ length: columns }, (_, x) => byRow.reduce((sum, _, y) => sum + scaled[y * columns + x], 0));
  const [top, left] = [findStart(byRow), findStart(byColumn)];
  const image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) image[(top + y) * SIDE + left + x] = roundHalfToEven(scaled[y * columns + x]);
  }
  return image.some((value) => value) ? image : null;
}

// --- shape ---

const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);
const strokeMask = (pixels, most = largest(pixels)) => Uint8Array.from(pixels, (value) => value > 0 && 2 * value >= most);
const unbrokenMask = (pixels, limit = Math.max(0.3 * largest(pixels), 0.5)) => Uint8Array.from(pixels, (value) => value > limit);

// The areas of the connected components, the largest first; diagonal neighbours count where `corners` is true.
function componentAreas(mask, height, width, corners = true) {
  const seen = new Uint8Array(mask.length);
  const areas = [];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || seen[start]) continue;
    const stack = [start];
    seen[start] = 1;
    let area = 0;
    while (stack.length) {
      const place = stack.pop();
      area++;
      const [y, x] = [Math.floor(place / width), place % width];
      for (let down = -1; down <= 1; down++) {
        for (let across = -1; across <= 1; across++) {
          if (!corners && down && across) continue;
          const [row, column] = [y + down, x + across];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const next = row * width + column;
          if (mask[next] && !seen[next]) {
            seen[next] = 1;
            stack.push(next);
          }
        }
      }
    }
    areas.push(area);
  }
  return areas.sort((a, b) => b - a);
}

function framed(mask, height, width) {
  const result = new Uint8Array((height + 2) * (width + 2));
  for (let y = 0; y < height; y++) result.set(mask.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
  return result;
}

function countLoops(mask, height, width) {
  const paper = framed(mask, height, width).map((value) => 1 - value);
  return componentAreas(paper, height + 2, width + 2, false).length - 1;
}

// The eight neighbours, clockwise from the one above, in the order of a code's bits.
const AROUND = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]];
const TABLES = Array.from({ length: 256 }, (_, code) => {
  const set = AROUND.map((_, bit) => (code >> bit) & 1);
  const [north, northEast, east, southEast, south, southWest, west, northWest] = set;
  const quarters = [[north, northEast, east], [east, southEast, south], [south, southWest, west], [west, northWest, north]];
  const crossings = quarters.filter(([one, corner, after]) => !one && (corner || after)).length;
  const pairs = [0, 1].map((shift) => [0, 2, 4, 6].filter((at) => set[(at + shift) % 8] || set[(at + shift + 1) % 8]).length);
  const neighbours = Math.min(...pairs);
  const removable = crossings === 1 && neighbours >= 2 && neighbours <= 3;
  return {
    keeps: [
      !(removable && !((south || southWest || !northWest) && west)),
      !(removable && !((north || northEast || !southEast) && east)),
    ],
    isEnd: neighbours <= 1,
  };
});

function neighbourCode(frame, place, width) {
  return AROUND.reduce((code, [down, across], bit) => code | (frame[place + down * width + across] << bit), 0);
}

// Guo and Hall 1989, algorithm A1.
function thin(mask, height, width) {
  const frame = framed(mask, height, width);
  const wide = width + 2;
  const inner = [];
  for (let y = 1; y <= height; y++) for (let x = 1; x <= width; x++) inner.push(y * wide + x);
  let last = -1;
  let kept = inner.filter((place) => frame[place]).length;
  while (kept !== last) {
    for (const half of [0, 1]) {
      const gone = inner.filter((place) => frame[place] && !TABLES[neighbourCode(frame, place, wide)].keeps[half]);
      for (const place of gone) frame[place] = 0;
    }
    [last, kept] = [kept, inner.filter((place) => frame[place]).length];
  }
  return Uint8Array.from(inner, (place) => frame[place]);
}

function lineLength(lines, height, width) {
  const at = (y, x) => lines[y * width + x];
  let [straight, diagonal] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x + 1 < width) straight += at(y, x) & at(y, x + 1);
      if (y + 1 < height) straight += at(y, x) & at(y + 1, x);
      if (x + 1 === width || y + 1 === height) continue;
      const across = (at(y, x) & at(y, x + 1)) | (at(y + 1, x) & at(y + 1, x + 1));
      const down = (at(y, x) & at(y + 1, x)) | (at(y, x + 1) & at(y + 1, x + 1));
      if (!(across | down)) diagonal += (at(y, x) & at(y + 1, x + 1)) | (at(y + 1, x) & at(y, x + 1));
    }
  }
  return straight + Math.SQRT2 * diagonal;
}

function countEnds(lines, height, width) {
  const frame = framed(lines, height, width);
  let ends = 0;
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const place = y * (width + 2) + x;
      if (frame[place] && TABLES[neighbourCode(frame, place, width + 2)].isEnd) ends++;
    }
  }
  return ends;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

function measureThickness(image) {
  const lines = thin(strokeMask(image), SIDE, SIDE);
  const length = lineLength(lines, SIDE, SIDE);
  const area = sum(Array.from(image)) / Math.max(largest(image), 1);
  const quarter = (Math.PI / 8) * Math.max(countEnds(lines, SIDE, SIDE), length === 0 ? 2 : 0);
  return (2 * area) / Math.max(length + Math.sqrt(length ** 2 + 4 * quarter * area), 1e-9);
}

// How the ink spreads round its centre of mass: y downwards, x to the right.
function secondMoments(image) {
  let [mass, y, x] = [0, 0, 0];
  image.forEach((value, i) => {
    mass += value;
    y += value * Math.floor(i / SIDE);
    x += value * (i % SIDE);
  });
  [y, x] = [y / mass, x / mass];
  let [yy, xx, xy] = [0, 0, 0];
  image.forEach((value, i) => {
    const [down, right] = [Math.floor(i / SIDE) - y, (i % SIDE) - x];
    yy += (value * down * down) / mass;
    xx += (value * right * right) / mass;
    xy += (value * down * right) / mass;
  });
  return { yy, xx, xy };
}

function measureSlant(image) {
  const { yy, xy } = secondMoments(image);
  return (Math.atan2(-xy, Math.max(yy, 1e-9)) * 180) / Math.PI;
}

// --- what tells digits from all else ---

function reflected(place, size) {
  while (place < 0 || place >= size) place = place < 0 ? -1 - place : 2 * size - 1 - place;
  return place;
}

// A filter of odd length along rows or columns of a square image, reflected at its border as SciPy does.
function correlate(image, kernel, alongRows) {
  const middle = (kernel.length - 1) / 2;
  return Float32Array.from(image, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    return kernel.reduce((total, weight, k) => {
      const place = reflected((alongRows ? y : x) + k - middle, SIDE);
      return total + weight * image[alongRows ? place * SIDE + x : y * SIDE + place];
    }, 0);
  });
}

function gaussian(sigma) {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  return weights.map((weight) => weight / sum(weights));
}
const [BLUR_IMAGE, BLUR_COUNTS] = [gaussian(1), gaussian(1.5)];
const blur = (image, kernel) => correlate(correlate(image, kernel, true), kernel, false);

const DIRECTIONS = 8;
function computeDirections(image) {
  const smooth = blur(Float32Array.from(image, (value) => value / 255), BLUR_IMAGE);
  const down = correlate(correlate(smooth, [-1, 0, 1], true), [1, 2, 1], false);
  const right = correlate(correlate(smooth, [-1, 0, 1], false), [1, 2, 1], true);
  const counts = Array.from({ length: DIRECTIONS }, () => new Float32Array(SIDE * SIDE));
  for (let i = 0; i < SIDE * SIDE; i++) {
    const strength = Math.hypot(down[i], right[i]);
    const eighth = Math.fround(Math.atan2(down[i], right[i]) / ((2 * Math.PI) / DIRECTIONS));
    const lower = Math.floor(eighth);
    const first = (lower + DIRECTIONS) % DIRECTIONS;
    counts[first][i] += strength * (1 - (eighth - lower));
    counts[(first + 1) % DIRECTIONS][i] += strength * (eighth - lower);
  }
  const flat = [];
  for (const each of counts) {
    const coarse = blur(each, BLUR_COUNTS);
    for (let y = 2; y < SIDE; y += 4) for (let x = 2; x < SIDE; x += 4) flat.push(Math.sqrt(Math.max(coarse[y * SIDE + x], 0)));
  }
  const length = Math.sqrt(sum(flat.map((value) => value ** 2)));
  return flat.map((value) => value / (length || 1));
}

// A point's way from the centre, and its coordinates by the basis.
function project(point, { centre, basis, size }) {
  const moved = Array.from(point, (value, i) => value - centre[i]);
  const projected = Array.from({ length: size }, (_, j) => sum(moved.map((value, i) => value * basis[i * size + j])));
  return { moved, projected };
}

// Squared Mahalanobis distances to each class's mean.
function squaredDistances({ moved, projected }, { means, factors, rest, size }) {
  const left = sum(moved.map((value) => value ** 2)) - sum(projected.map((value) => value ** 2));
  const outside = moved.length > size ? Math.max(left, 0) / rest : 0;
  const triangle = (size * (size + 1)) / 2;
  return Array.from({ length: means.length / size }, (_, label) => {
    const away = projected.map((value, j) => value - means[label * size + j]);
    const columns = new Float64Array(size);
    for (let row = 0, at = label * triangle; row < size; row++) {
      for (let column = 0; column <= row; column++, at++) columns[column] += away[row] * factors[at];
    }
    return sum(Array.from(columns, (value) => value ** 2)) + outside;
  });
}

function computeFeatures(image, proba, embedding, reference) {
  const logs = Array.from(proba, (value) => Math.log(Math.max(value, 1e-30))).sort((a, b) => b - a);
  const answer = proba.indexOf(Math.max(...proba));
  const log = (values) => values.map((value) => Math.log(value + 1e-3));
  const inside = project(embedding, reference.embedding);
  const along = project(computeDirections(image), reference.directions);
  const inner = log(squaredDistances(inside, reference.embedding));
  const bent = log(squaredDistances(along, reference.directions));
  const least = [...bent].sort((a, b) => a - b);
  const mask = unbrokenMask(image);
  const areas = componentAreas(mask, SIDE, SIDE);
  const lines = thin(mask, SIDE, SIDE);
  const box = boundingBox(strokeMask(image), SIDE, SIDE);
  return [
    Math.log(Math.max(1 - Math.exp(logs[0]), 1e-7)),
    ...[1, 2].map((place) => logs[0] - logs[Math.min(place, logs.length - 1)]),
    Math.sqrt(sum(Array.from(embedding, (value) => value ** 2))),
    inner[answer],
    Math.min(...inner),
    bent[answer],
    least[0],
    Number(bent.indexOf(least[0]) !== answer),
    least[Math.min(1, least.length - 1)] - least[0],
    Math.log(sum(Array.from(image)) / (SIDE * SIDE * 255) + 1e-3),
    Math.log(measureThickness(image) + 0.5),
    Math.log(box.width / box.height + 0.05),
    Math.min(areas.length, 6),
    Math.log(lineLength(lines, SIDE, SIDE) + 3),
    Math.min(countEnds(lines, SIDE, SIDE), 10),
    Math.min(countLoops(mask, SIDE, SIDE), 6),
    areas.length > 1 ? areas[1] / sum(areas) : 0,
    Math.abs(measureSlant(image)) / 45,
    ...inside.projected,
    ...along.projected,
  ];
}

function scoreFeatures(features, reference) {
  const { middle, spread, weights, names } = reference; // references of older versions have no coordinates
  const scaled = Array.from(middle, (usual, i) => Math.min(Math.max((features[i] - usual) / spread[i], -6), 6));
  const [named, coordinates] = [scaled.slice(0, names.length), scaled.slice(names.length)];
  const products = named.flatMap((value, i) => named.slice(i).map((other) => value * other));
  return sum([1, ...named, ...products, ...coordinates].map((term, i) => term * weights[i]));
}

// --- verdict ---

const MIN_DRAWING_SIDE = 100;
function principalAxes(image) {
  const { yy, xx, xy } = secondMoments(image);
  const root = Math.hypot((yy - xx) / 2, xy);
  const [long, short] = [(yy + xx) / 2 + root, Math.max((yy + xx) / 2 - root, 0)];
  if (long <= 0 || image.filter((value) => value).length < 2) return [1, 0];
  // The long axis, (down, right), in the form that does not vanish.
  const axis = yy >= xx ? [long - xx, xy] : [xy, long - yy];
  return [Math.sqrt(short / long), (Math.atan2(Math.abs(axis[1]), Math.abs(axis[0])) * 180) / Math.PI];
}

// Whether the ink of each row and of each column is one run.
function isWhole(mask) {
  for (let i = 0; i < SIDE; i++) {
    const starts = [0, 0];
    for (let j = 0; j < SIDE; j++) {
      if (mask[i * SIDE + j] && !(j && mask[i * SIDE + j - 1])) starts[0]++;
      if (mask[j * SIDE + i] && !(j && mask[(j - 1) * SIDE + i])) starts[1]++;
    }
    if (Math.max(...starts) > 1) return false;
  }
  return true;
}

function countLargeComponents(mask, height, width) {
  const areas = componentAreas(mask, height, width);
  return areas.filter((area) => area >= 0.04 * sum(areas)).length;
}

// The mask grown by so many pixels along rows and columns.
function grow(mask, height, width, radius) {
  const rows = new Uint8Array(mask.length);
  const grown = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x]) rows.fill(1, y * width + Math.max(x - radius, 0), y * width + Math.min(x + radius + 1, width));
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!rows[y * width + x]) continue;
      for (let row = Math.max(y - radius, 0); row <= Math.min(y + radius, height - 1); row++) grown[row * width + x] = 1;
    }
  }
  return grown;
}

function layoutReason(image, ink, height, width) {
  const mask = unbrokenMask(image);
  const box = boundingBox(mask, SIDE, SIDE);
  const fill = sum(Array.from(mask)) / (box.height * box.width);
  const aspect = box.width / box.height;
  if (aspect > 0.5 && aspect < 2 && (fill > 0.75 || (fill > 0.72 && isWhole(mask)))) return { kind: "blot" };
  const [breadth, lean] = principalAxes(image);
  if (breadth < 0.09 && lean > 50) return { kind: "line" };
  if (Math.min(height, width) < MIN_DRAWING_SIDE) return null;
  const edges = [0, 0, 0, 0];
  for (let i = 0; i < width; i++) [edges[0], edges[1]] = [edges[0] | (ink[i] > 0), edges[1] | (ink[(height - 1) * width + i] > 0)];
  for (let i = 0; i < height; i++) [edges[2], edges[3]] = [edges[2] | (ink[i * width] > 0), edges[3] | (ink[i * width + width - 1] > 0)];
  if (breadth < 0.15 && sum(edges) >= 2) return { kind: "line from edge to edge" };
  const strokes = unbrokenMask(ink);
  const parts = countLargeComponents(strokes, height, width);
  if (parts <= 2) return null;
  // All that comes together across gaps of one pixel of the image is one broken stroke.
  const closed = grow(strokes, height, width, Math.ceil(Math.min(height, width) / 56));
  return countLargeComponents(closed, height, width) === 1 ? null : { kind: "components", value: parts };
}

function featureReasons(features, reference) {
  const excesses = new Map();
  reference.names.forEach((name, i) => {
    const [low, high] = [reference.usual[i], reference.usual[reference.names.length + i]];
    const width = Math.max(high - low, 1e-6);
    for (const [kinds, excess] of [[reference.tooHigh, (features[i] - high) / width], [reference.tooLow, (low - features[i]) / width]]) {
      const kind = kinds[name];
      if (kind && excess > (excesses.get(kind) || 0)) excesses.set(kind, excess);
    }
  });
  const kinds = [...excesses.keys()].sort((a, b) => excesses.get(b) - excesses.get(a)).slice(0, 2);
  return (kinds.length ? kinds : ["unusual in all"]).map((kind) => ({ kind }));
}

// `model`: what page.py packs. Returns { read: function of a drawing }.
function makeReader(model) {
  const network = makeNetwork(model.network);
  const stored = model.reference;
  const gaussians = (of) => ({ ...of, ...Object.fromEntries(["centre", "basis", "means", "factors"].map((name) => [name, unpack(of[name])])) });
  const arrays = ["middle", "spread", "weights", "usual", "edges", "limits"];
  const reference = stored && {
    ...stored,
    ...Object.fromEntries(arrays.map((name) => [name, unpack(stored[name])])),
    embedding: gaussians(stored.embedding),
    directions: gaussians(stored.directions),
  };

  // What the network says of a drawing, Uint8Array (height * width), 0 = paper; null where there is no ink.
  return (ink, height, width) => {
    const image = toMnist(ink, height, width);
    if (!image) return null;
    const { proba: raw, embedding } = network(image);
    const logits = Array.from(raw, (value) => Math.log(Math.max(value, model.minProba)) / model.temperature);
    const most = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - most));
    const proba = powers.map((value) => value / sum(powers));
    const answer = proba.indexOf(Math.max(...proba));
    const layout = layoutReason(image, ink, height, width);
    let reasons = layout ? [layout] : [];
    if (!layout && reference && embedding) {
      const features = computeFeatures(image, raw, embedding, reference).map(Math.fround);
      const thickness = features[reference.names.indexOf("thickness")];
      const limit = reference.limits[Array.from(reference.edges).filter((edge) => edge < thickness).length];
      if (scoreFeatures(features, reference) > limit) reasons = featureReasons(features, reference);
    }
    const hasConfidence = reasons.some(({ kind }) => kind === "between two classes");
    if (proba[answer] < model.threshold && !hasConfidence) reasons.push({ kind: "between two classes" });
    return { image, proba, answer, reasons, sure: !reasons.length };
  };
}
