"use strict";

// Runs a network as graph.py packs it, on one image at a time. Tensors are Float32Arrays, rows of NHWC.

function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
  if (packed.type === "float32") return new Float32Array(bytes.buffer);
  if (packed.type === "float64") return new Float64Array(bytes.buffer);
  if (packed.type === "int32") return new Int32Array(bytes.buffer);
  return Float32Array.from(new Uint16Array(bytes.buffer), fromHalf);
}

function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const ACTIVATIONS = {
  NONE: (x) => x,
  RELU: (x) => (x > 0 ? x : 0),
  RELU6: (x) => Math.min(Math.max(x, 0), 6),
  RELU_N1_TO_1: (x) => Math.min(Math.max(x, -1), 1),
  TANH: Math.tanh,
};
const EACH = {
  CAST: (x) => x,
  RESHAPE: (x) => x,
  NEG: (x) => -x,
  RSQRT: (x) => 1 / Math.sqrt(x),
  SQRT: Math.sqrt,
  TANH: Math.tanh,
  LOGISTIC: (x) => 1 / (1 + Math.exp(-x)),
  ELU: (x) => (x > 0 ? x : Math.expm1(x)),
  RELU: ACTIVATIONS.RELU,
  RELU6: ACTIVATIONS.RELU6,
};
const PAIRS = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
  DIV: (a, b) => a / b,
  MAXIMUM: Math.max,
  SQUARED_DIFFERENCE: (a, b) => (a - b) ** 2,
};
const count = (shape) => shape.reduce((product, side) => product * side, 1);

// How many pixels of padding come first, so that the output has the size that the file says.
function paddingBefore(padding, input, output, kernel, stride, dilation) {
  if (padding === "VALID") return 0;
  const needed = Math.max((output - 1) * stride + (kernel - 1) * dilation + 1 - input, 0);
  return Math.floor(needed / 2);
}

// For each pixel of the output, the ranges of the kernel that lie inside the image.
function* windows(op, input, output, kernelHeight, kernelWidth) {
  const [downDilation, acrossDilation] = [op.dilationHFactor || 1, op.dilationWFactor || 1];
  const top = paddingBefore(op.padding, input[1], output[1], kernelHeight, op.strideH, downDilation);
  const left = paddingBefore(op.padding, input[2], output[2], kernelWidth, op.strideW, acrossDilation);
  for (let row = 0; row < output[1]; row++) {
    for (let column = 0; column < output[2]; column++) {
      const places = [];
      for (let y = 0; y < kernelHeight; y++) {
        const down = row * op.strideH + y * downDilation - top;
        if (down < 0 || down >= input[1]) continue;
        for (let x = 0; x < kernelWidth; x++) {
          const across = column * op.strideW + x * acrossDilation - left;
          if (across >= 0 && across < input[2]) places.push([y * kernelWidth + x, down * input[2] + across]);
        }
      }
      yield [row * output[2] + column, places];
    }
  }
}

function convolve(op, [image, weights, bias], [input, kernel], output) {
  const result = new Float32Array(count(output));
  const [filters, kernelHeight, kernelWidth, depth] = kernel;
  const activate = ACTIVATIONS[op.fusedActivationFunction];
  const filterSize = kernelHeight * kernelWidth * depth;
  for (const [pixel, places] of windows(op, input, output, kernelHeight, kernelWidth)) {
    for (let filter = 0; filter < filters; filter++) {
      let sum = bias ? bias[filter] : 0;
      for (const [tap, place] of places) {
        const from = place * depth;
        const at = filter * filterSize + tap * depth;
        for (let i = 0; i < depth; i++) sum += image[from + i] * weights[at + i];
      }
      result[pixel * filters + filter] = activate(sum);
    }
  }
  return result;
}

function convolveEachMap(op, [image, weights, bias], [input, kernel], output) {
  const result = new Float32Array(count(output));
  const maps = output[3];
  const activate = ACTIVATIONS[op.fusedActivationFunction];
  for (const [pixel, places] of windows(op, input, output, kernel[1], kernel[2])) {
    for (let map = 0; map < maps; map++) {
      let sum = bias ? bias[map] : 0;
      const of = Math.floor(map / op.depthMultiplier);
      for (const [tap, place] of places) sum += image[place * input[3] + of] * weights[tap * maps + map];
      result[pixel * maps + map] = activate(sum);
    }
  }
  return result;
}

function pool(op, [image], [input], output) {
  const result = new Float32Array(count(output));
  const maps = output[3];
  const activate = ACTIVATIONS[op.fusedActivationFunction];
  for (const [pixel, places] of windows(op, input, output, op.filterHeight, op.filterWidth)) {
    for (let map = 0; map < maps; map++) {
      const values = places.map(([, place]) => image[place * maps + map]);
      const found =
        op.name === "MAX_POOL_2D" ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
      result[pixel * maps + map] = activate(found);
    }
  }
  return result;
}

function connect(op, [values, weights, bias], [, kernel]) {
  const [units, width] = kernel;
  const activate = ACTIVATIONS[op.fusedActivationFunction];
  const result = new Float32Array((values.length / width) * units);
  for (let row = 0; row < values.length / width; row++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = bias ? bias[unit] : 0;
      for (let i = 0; i < width; i++) sum += values[row * width + i] * weights[unit * width + i];
      result[row * units + unit] = activate(sum);
    }
  }
  return result;
}

// The place of each value of an output in an input of fewer or shorter axes, which is repeated along the others.
function repeated(shape, output) {
  const padded = [...Array(output.length - shape.length).fill(1), ...shape];
  const steps = padded.map((side, axis) => (side === 1 ? 0 : count(padded.slice(axis + 1))));
  return Int32Array.from({ length: count(output) }, (_, index) => {
    let place = 0;
    for (let axis = output.length - 1; axis >= 0; axis--) {
      place += (index % output[axis]) * steps[axis];
      index = Math.floor(index / output[axis]);
    }
    return place;
  });
}

function combine(op, [first, second], [left, right], output) {
  const activate = ACTIVATIONS[op.fusedActivationFunction || "NONE"];
  const [a, b] = [repeated(left, output), repeated(right, output)];
  return Float32Array.from(a, (place, i) => activate(PAIRS[op.name](first[place], second[b[i]])));
}

function reduce(op, [values], [input], output) {
  const axes = op.axes.map((axis) => (axis + input.length) % input.length);
  const kept = input.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const places = repeated(kept, input);
  const result = new Float32Array(count(output)).fill(op.name === "MEAN" ? 0 : -Infinity);
  places.forEach((place, i) => {
    result[place] = op.name === "MEAN" ? result[place] + values[i] : Math.max(result[place], values[i]);
  });
  if (op.name === "MEAN") for (let i = 0; i < result.length; i++) result[i] *= result.length / values.length;
  return result;
}

function cut(op, [values], [input], output) {
  const steps = input.map((_, axis) => count(input.slice(axis + 1)));
  return Float32Array.from({ length: count(output) }, (_, index) => {
    let place = 0;
    for (let axis = output.length - 1; axis >= 0; axis--) {
      place += (op.begin[axis] + (index % output[axis])) * steps[axis];
      index = Math.floor(index / output[axis]);
    }
    return values[place];
  });
}

function softmax(op, [values]) {
  const most = Math.max(...values);
  const powers = Float32Array.from(values, (value) => Math.exp((value - most) * op.beta));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

const OPERATIONS = {
  CONV_2D: convolve,
  DEPTHWISE_CONV_2D: convolveEachMap,
  MAX_POOL_2D: pool,
  AVERAGE_POOL_2D: pool,
  FULLY_CONNECTED: connect,
  MEAN: reduce,
  REDUCE_MAX: reduce,
  STRIDED_SLICE: cut,
  SOFTMAX: softmax,
};
for (const name of Object.keys(EACH)) OPERATIONS[name] = (op, [values]) => Float32Array.from(values, EACH[name]);
for (const name of Object.keys(PAIRS)) OPERATIONS[name] = combine;

// A function from an image, Uint8Array (784), to the named outputs of a graph.
function makeNetwork(graph) {
  const shape = (index) => graph.tensors[index].shape;
  const constants = Object.entries(graph.tensors).filter(([, tensor]) => tensor.data);
  const known = new Map(constants.map(([index, tensor]) => [Number(index), unpack(tensor)]));
  return (image) => {
    const values = new Map(known).set(graph.image, Float32Array.from(image));
    for (const op of graph.operations) {
      const given = op.inputs.filter((index) => index >= 0);
      const found = given.map((index) => values.get(index));
      values.set(op.output, OPERATIONS[op.name](op, found, given.map(shape), shape(op.output)));
    }
    return Object.fromEntries(Object.entries(graph.outputs).map(([name, index]) => [name, values.get(index)]));
  };
}
