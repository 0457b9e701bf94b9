#include "quant_models/recurrent/layer_training.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "quant_models/recurrent/gate_kernels.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"
#include "tests/quant_models/recurrent/reference_vectors.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant {
namespace {

template <class Real>
RecurrentLayer<Real> zeros_like(RecurrentLayer<Real> layer) {
  for (auto* numbers : {&layer.input_weights, &layer.recurrent_weights, &layer.input_biases, &layer.recurrent_biases,
                        &layer.thresholds})
    std::fill(numbers->begin(), numbers->end(), Real(0));
  return layer;
}

TEST(LayerTraining, GradientsAreThePublishedCodes) {
  for (const char* name : test::kEgruVectors) {
    FLASHCELL_NEEDS_FILE(test::egru_vectors(name));
    const test::EgruVectors v(name);
    const PackedLayer<double> packed(v.layer);
    LayerTape<double> tape;
    PassBuffers<double> buffers;
    tape.resize(v.layer, static_cast<int64_t>(v.steps), static_cast<int64_t>(v.batch));
    const std::vector<double>& x = v.numbers.at("x");
    forward<double>(v.layer, packed, x, tape, buffers);
    EXPECT_LT(test::largest_difference(tape.layer_outputs(v.layer), v.numbers.at("y")), 1e-12);
    RecurrentLayer<double> g = zeros_like(v.layer);
    std::vector<double> dx(x.size());
    // The published code keeps its dampening in float32.
    backward<double>(v.layer, packed, x, tape, v.numbers.at("grad_y"), {}, {double{0.7F}, 1}, g, dx, buffers);
    const auto rows = static_cast<size_t>(v.layer.rows());
    EXPECT_LT(test::largest_difference(dx, v.numbers.at("dx")), 1e-12);
    EXPECT_LT(test::largest_difference(g.input_weights, test::transposed(v.numbers.at("dW"), rows)), 1e-12);
    EXPECT_LT(test::largest_difference(g.recurrent_weights, test::transposed(v.numbers.at("dR"), rows)), 1e-12);
    EXPECT_LT(test::largest_difference(g.input_biases, v.numbers.at("dbx")), 1e-12);
    EXPECT_LT(test::largest_difference(g.recurrent_biases, v.numbers.at("dbr")), 1e-12);
    EXPECT_LT(test::largest_difference(g.thresholds, v.numbers.at("dthr")), 1e-12);
  }
}

// A loss whose gradient by the outputs is `weights`, three steps of two sequences, some units kept by zoneout.
struct SmallRun {
  std::vector<double> inputs, weights;
  std::vector<uint8_t> kept;
  LayerTape<double> tape;
  PassBuffers<double> buffers;

  explicit SmallRun(const RecurrentLayer<double>& layer) {
    Random random(11, {});
    inputs = test::random_numbers<double>(random, static_cast<size_t>(6 * layer.inputs), 1);
    weights = test::random_numbers<double>(random, static_cast<size_t>(6 * layer.hidden), 1);
    for (int i = 0; i < 6 * layer.hidden; ++i) kept.push_back(random.uniform() < 0.2 ? 1 : 0);
  }
  double loss(const RecurrentLayer<double>& layer) {
    tape.resize(layer, 3, 2);
    tape.kept = kept;
    forward<double>(layer, PackedLayer<double>(layer), inputs, tape, buffers);
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) sum += weights[i] * tape.layer_outputs(layer)[i];
    return sum;
  }
};

// GRU and LSTM have true gradients: against differences.
TEST(LayerTraining, GradientsOfGruAndLstmAreDifferences) {
  for (const Cell cell : {Cell::gru, Cell::lstm}) {
    auto layer = test::random_layer<double>(cell, 3, 5, 12);
    SmallRun run(layer);
    run.loss(layer);
    RecurrentLayer<double> g = zeros_like(layer);
    std::vector<double> dx(run.inputs.size());
    backward<double>(layer, PackedLayer<double>(layer), run.inputs, run.tape, run.weights, {}, {}, g, dx, run.buffers);
    const auto check = [&](std::vector<double>& numbers, const std::vector<double>& gradients) {
      for (size_t i = 0; i < numbers.size(); ++i) {
        const double was = numbers[i], h = 1e-6;
        numbers[i] = was + h;
        const double above = run.loss(layer);
        numbers[i] = was - h;
        const double below = run.loss(layer);
        numbers[i] = was;
        ASSERT_NEAR((above - below) / (2 * h), gradients[i], 1e-7) << i;
      }
    };
    check(layer.input_weights, g.input_weights);
    check(layer.recurrent_weights, g.recurrent_weights);
    check(layer.input_biases, g.input_biases);
    check(layer.recurrent_biases, g.recurrent_biases);
    check(run.inputs, dx);
  }
}

// Units that never speak have a true gradient by their states: against differences.
TEST(LayerTraining, GradientsByStatesAreDifferences) {
  auto layer = test::random_layer<double>(Cell::egru, 3, 5, 12);
  std::fill(layer.thresholds.begin(), layer.thresholds.end(), 1);
  SmallRun run(layer);
  const std::vector<double> of_states{0.3, -1, 0, 2, 0.7};
  const auto loss = [&] {
    EXPECT_EQ(run.loss(layer), 0);
    double sum = 0;
    for (size_t i = 0; i < run.tape.states.size(); ++i) sum += of_states[i % 5] * run.tape.states[i];
    return sum;
  };
  loss();
  RecurrentLayer<double> g = zeros_like(layer);
  std::vector<double> none;
  backward<double>(layer, PackedLayer<double>(layer), run.inputs, run.tape, run.weights, {0, of_states}, {0, 1}, g,
                   none, run.buffers);
  for (size_t i = 0; i < layer.input_weights.size(); ++i) {
    const double was = layer.input_weights[i], h = 1e-6;
    layer.input_weights[i] = was + h;
    const double above = loss();
    layer.input_weights[i] = was - h;
    const double below = loss();
    layer.input_weights[i] = was;
    ASSERT_NEAR((above - below) / (2 * h), g.input_weights[i], 1e-7) << i;
  }
}

TEST(LayerTraining, Float32PassIsTheFloat64OnesNumbers) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    const auto exact = test::random_layer<double>(cell, 7, 37, 13);
    const auto rounded = [](const std::vector<double>& v) { return std::vector<float>(v.begin(), v.end()); };
    RecurrentLayer<float> layer;
    layer.cell = cell, layer.inputs = 7, layer.hidden = 37;
    layer.input_weights = rounded(exact.input_weights);
    layer.recurrent_weights = rounded(exact.recurrent_weights);
    layer.input_biases = rounded(exact.input_biases);
    layer.recurrent_biases = rounded(exact.recurrent_biases);
    layer.thresholds = rounded(exact.thresholds);
    SmallRun run(exact);
    run.loss(exact);
    RecurrentLayer<double> g = zeros_like(exact);
    std::vector<double> dx(run.inputs.size());
    backward<double>(exact, PackedLayer<double>(exact), run.inputs, run.tape, run.weights, {0.1, {}}, {}, g, dx,
                     run.buffers);
    LayerTape<float> tape;
    PassBuffers<float> buffers;
    tape.resize(layer, 3, 2);
    tape.kept = run.kept;
    const PackedLayer<float> packed(layer);
    forward<float>(layer, packed, rounded(run.inputs), tape, buffers);
    RecurrentLayer<float> gf = zeros_like(layer);
    std::vector<float> dxf(dx.size());
    backward<float>(layer, packed, rounded(run.inputs), tape, rounded(run.weights), {0.1F, {}}, {}, gf, dxf, buffers);
    const auto wide = [](const std::vector<float>& v) { return std::vector<double>(v.begin(), v.end()); };
    EXPECT_LT(test::largest_difference(wide(dxf), dx), 1e-3);
    EXPECT_LT(test::largest_difference(wide(gf.recurrent_weights), g.recurrent_weights), 1e-3);
    EXPECT_LT(test::largest_difference(wide(gf.thresholds), g.thresholds), 1e-3);
  }
}

TEST(GateKernels, GiveTheBytesOfTheScalarFunctionsForEveryWidth) {
  Random random(14, {});
  constexpr size_t kHidden = 53;
  auto a = test::random_numbers<float>(random, 3 * kHidden, 30),
       b = test::random_numbers<float>(random, 3 * kHidden, 8);
  a[0] = 200, a[1] = -200, a[2] = 0, b[2] = -0.0F;
  const auto memory = test::random_numbers<float>(random, kHidden, 1);
  auto thresholds = test::random_numbers<float>(random, kHidden, 0.5);
  test::for_each_simd_target([&](const char* target) {
    std::vector<float> z(kHidden), r(kHidden), g(kHidden), state(kHidden), output(kHidden), kept(kHidden);
    gated_states(a.data(), b.data(), memory.data(), kHidden, z.data(), r.data(), g.data(), state.data());
    speak(state.data(), thresholds.data(), kHidden, output.data(), kept.data());
    for (size_t u = 0; u < kHidden; ++u) {
      float expected_memory = memory[u], expected_output = 0;
      egru_unit<float>({a[u], b[u], a[kHidden + u], b[kHidden + u], a[2 * kHidden + u], b[2 * kHidden + u]},
                       thresholds[u], 0, expected_memory, expected_output);
      EXPECT_EQ(std::memcmp(&output[u], &expected_output, 4), 0) << target << u;
      EXPECT_EQ(std::memcmp(&kept[u], &expected_memory, 4), 0) << target << u;
    }
    std::vector<float> sigmoids(a.size()), tanhs(a.size());
    sigmoids_of_sums(a.data(), b.data(), a.size(), sigmoids.data());
    tanhs_of_sums(a.data(), b.data(), a.size(), tanhs.data());
    for (size_t i = 0; i < a.size(); ++i) {
      const float s = gate_sigmoid(a[i] + b[i]), t = gate_tanh(a[i] + b[i]);
      EXPECT_EQ(std::memcmp(&sigmoids[i], &s, 4), 0) << target << i;
      EXPECT_EQ(std::memcmp(&tanhs[i], &t, 4), 0) << target << i;
    }
  });
}

TEST(GateKernels, FunctionsAreAccurate) {
  for (float x = -30; x < 30; x += 0.0137F) {
    EXPECT_NEAR(gate_sigmoid(x), 1 / (1 + std::exp(-double{x})), 1e-7);
    EXPECT_NEAR(gate_tanh(x), std::tanh(double{x}), 2e-7);
    EXPECT_NEAR(gate_exponential(x) / std::exp(double{x}), 1, 3e-7);
  }
}

}  // namespace
}  // namespace flashcell::quant
