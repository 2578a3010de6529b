// A convolutional network in plain JavaScript: the layers that tools/site.py exports, one function for each kind.

// A stack of maps, one behind the other in one array: [channels, rows, columns].
function stack(channels, rows, columns) {
  return { channels, rows, columns, values: new Float64Array(channels * rows * columns) };
}

const LAYERS = {
  crop(input, { size }) {
    const output = stack(input.channels, size, size);
    const top = Math.round((input.rows - size) / 2), left = Math.round((input.columns - size) / 2);
    let next = 0;
    for (let map = 0; map < input.channels; map++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          output.values[next++] = input.values[(map * input.rows + top + y) * input.columns + left + x];
    return output;
  },

  // weights: [outputs, inputs of a group, kernel, kernel], flat
  convolution(input, { outputs, groups, kernel, padding, weights, bias }) {
    const rows = input.rows + 2 * padding - kernel + 1, columns = input.columns + 2 * padding - kernel + 1;
    const output = stack(outputs, rows, columns), seen = input.channels / groups;
    for (let map = 0; map < outputs; map++) {
      const first = Math.floor(map / (outputs / groups)) * seen; // of the maps that this one sees
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++) {
          let sum = bias ? bias[map] : 0;
          for (let c = 0; c < seen; c++)
            for (let i = Math.max(0, padding - y); i < Math.min(kernel, input.rows + padding - y); i++)
              for (let j = Math.max(0, padding - x); j < Math.min(kernel, input.columns + padding - x); j++)
                sum += weights[((map * seen + c) * kernel + i) * kernel + j]
                  * input.values[((first + c) * input.rows + y + i - padding) * input.columns + x + j - padding];
          output.values[(map * rows + y) * columns + x] = sum;
        }
    }
    return output;
  },

  pooling(input, { kernel }) {
    const output = stack(input.channels, Math.floor(input.rows / kernel), Math.floor(input.columns / kernel));
    let next = 0;
    for (let map = 0; map < output.channels; map++)
      for (let y = 0; y < output.rows; y++)
        for (let x = 0; x < output.columns; x++) {
          let largest = -Infinity;
          for (let i = 0; i < kernel; i++)
            for (let j = 0; j < kernel; j++)
              largest = Math.max(largest, input.values[(map * input.rows + y * kernel + i) * input.columns + x * kernel + j]);
          output.values[next++] = largest;
        }
    return output;
  },

  // Batch normalization after the training: each map times a number, plus a number.
  scaling(input, { factors, shifts }) {
    const output = stack(input.channels, input.rows, input.columns), size = input.rows * input.columns;
    input.values.forEach((value, i) => {
      const map = Math.floor(i / size);
      output.values[i] = factors[map] * value + shifts[map];
    });
    return output;
  },

  relu(input) {
    return { ...input, values: input.values.map((value) => Math.max(0, value)) };
  },

  // weights: [outputs, inputs], flat
  linear(input, { outputs, weights, bias }) {
    const output = stack(outputs, 1, 1), n = input.values.length;
    for (let i = 0; i < outputs; i++)
      output.values[i] = input.values.reduce((sum, value, j) => sum + weights[i * n + j] * value, bias[i]);
    return output;
  },
};

/** The ten probabilities of an image of 28 x 28 grey values, 0 for paper and 255 for ink. */
export function probabilities({ mean, std, layers }, pixels) {
  const image = { channels: 1, rows: 28, columns: 28, values: Float64Array.from(pixels, (ink) => (ink / 255 - mean) / std) };
  const logits = layers.reduce((maps, layer) => LAYERS[layer.kind](maps, layer), image).values;
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((a, b) => a + b);
  return Array.from(powers, (power) => power / sum);
}
