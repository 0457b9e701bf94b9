// Functions from graph to quantized graph, on random networks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/bias_correction.hpp"
#include "quant_models/quantize/channel_rounding.hpp"
#include "quant_models/quantize/equalization.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/layer_view.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/quantize/rounding_problem.hpp"
#include "quant_models/report/error_chart.hpp"
#include "quant_models/report/error_report.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_graph;
using test::random_tensor;

constexpr int64_t kImages = 8;

std::vector<float> random_images(const Graph& graph, Random& random) {
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = kImages;
  return random_tensor(shape, random).values;
}

double error_of_output(const Graph& real, const Graph& quantized, const std::vector<float>& images) {
  const std::vector<float> a = run_all(real, images, kImages), b = run_all(quantized, images, kImages);
  double error = 0, power = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    power += a[i] * a[i];
  }
  return error / power;
}

TEST(PostTraining, StoresEveryValueThatIsKept) {
  Random random(1);
  for (int round = 0; round < 20; ++round) {
    const Graph graph = random_graph(random);
    const std::vector<float> images = random_images(graph, random);
    const Graph quantized = quantize_post_training(graph, images, kImages, {});
    for (const NodeId id : quantized.order()) {
      const Node& n = quantized.node(id);
      const std::optional<Quantization>* weights = weight_quantization_of(n.layer);
      EXPECT_TRUE(weights == nullptr || weights->has_value());
      if (only_moves(n.layer)) {
        EXPECT_EQ(n.quantization, quantized.node(n.inputs[0]).quantization);
      }
      if (n.quantization) continue;
      // Only what a rectifier takes straight from the sums.
      ASSERT_EQ(quantized.readers(id).size(), 1U) << n.name;
      EXPECT_TRUE(std::holds_alternative<Activation>(quantized.node(quantized.readers(id)[0]).layer)) << n.name;
    }
    EXPECT_EQ(quantize_post_training(graph, images, kImages, {}), quantized);
  }
}

TEST(PostTraining, ValuesAreStorableAndMoreBitsAreBetter) {
  Random random(2);
  for (int round = 0; round < 12; ++round) {
    const Graph graph = simplify(random_graph(random));
    const std::vector<float> images = random_images(graph, random);
    double last = 1e9;
    for (const int bits : {4, 8, 12}) {
      PostTrainingOptions options;
      options.weights.bits = bits;
      options.activations.bits = bits;
      const Graph quantized = quantize_post_training(graph, images, kImages, options);
      run_all(quantized, images, kImages, 4, [&](NodeId id, std::span<const float> value) {
        const std::optional<Quantization>& q = quantized.node(id).quantization;
        if (!q) return;
        std::vector<float> again(value.begin(), value.end());
        fake_quantize(again, {static_cast<int64_t>(again.size())}, *q);
        EXPECT_TRUE(std::equal(again.begin(), again.end(), value.begin())) << quantized.node(id).name;
      });
      const double error = error_of_output(graph, quantized, images);
      EXPECT_LT(error, last);
      last = error;
    }
    EXPECT_LT(last, 1e-4);
  }
}

TEST(PostTraining, RefusesAnEmptyCalibrationSet) {
  Random random(3);
  EXPECT_THROW(quantize_post_training(random_graph(random), {}, 0, {}), std::invalid_argument);
}

// The products of a layer's weights and of what is gathered are its value.
TEST(LayerView, GathersWhatEveryOutputReads) {
  Random random(8);
  for (int round = 0; round < 20; ++round) {
    const Graph graph = round % 2 == 0 ? test::random_layers_of_others(random) : simplify(random_graph(random));
    const std::vector<float> image = test::random_tensor(graph.node(graph.inputs()[0]).shape, random).values;
    std::map<NodeId, std::vector<float>> values;
    run_all(graph, image, 1, 1,
            [&](NodeId id, std::span<const float> value) { values[id].assign(value.begin(), value.end()); });
    for (const NodeId id : graph.order()) {
      const Node& node = graph.node(id);
      if (weight_of(node.layer) == nullptr) continue;
      const std::vector<float>& input = graph.inputs()[0] == node.inputs[0] ? image : values.at(node.inputs[0]);
      const LayerView view(graph, id);
      std::vector<float> inputs(view.depth());
      const size_t place = random() % view.places(), channel = random() % view.channels();
      view.gather(input, place, channel / (view.channels() / view.groups()), inputs);
      double sum = bias_of(node.layer)->empty() ? 0 : bias_of(node.layer)->values[channel];
      for (size_t i = 0; i < inputs.size(); ++i)
        sum += double{inputs[i]} * double{weight_of(node.layer)->values[channel * view.depth() + i]};
      EXPECT_NEAR(values.at(id)[view.index(place, channel)], sum, 1e-4 * std::max(1.0, std::abs(sum))) << node.name;
    }
  }
}

TEST(BiasCorrection, MeansBehindActivationsEqualThoseOfTheRealNetwork) {
  Random random(4);
  int compared = 0;
  for (int round = 0; round < 12; ++round) {
    const Graph real = simplify(random_graph(random));
    const std::vector<float> images = random_images(real, random);
    PostTrainingOptions options;
    options.weights.bits = 3;
    options.activations.bits = 6;
    const BiasCorrection correction =
        correct_biases(real, quantize_post_training(real, images, kImages, options), images, kImages);
    if (!correction.kept) continue;
    // Of every layer's rectified sums, before they are stored.
    std::map<std::string, std::vector<double>> expected;
    const auto rectified = [](const Graph& graph, NodeId id) {
      const std::vector<NodeId> readers = graph.readers(id);
      const Activation* a = readers.size() == 1 ? std::get_if<Activation>(&graph.node(readers[0]).layer) : nullptr;
      return weight_of(graph.node(id).layer) != nullptr && a != nullptr && a->kind == ActivationKind::relu;
    };
    const auto channel_means = [&](const Graph& graph, NodeId id, std::span<const float> value) {
      const size_t channels = static_cast<size_t>(graph.node(id).shape[1]), each = value.size() / kImages / channels;
      std::vector<double> means(channels, 0);
      for (size_t i = 0; i < value.size(); ++i)
        means[i / each % channels] += std::max(0.0F, value[i]) / static_cast<double>(each * kImages);
      return means;
    };
    run_all(real, images, kImages, kImages, [&](NodeId id, std::span<const float> value) {
      if (rectified(real, id)) expected[real.node(id).name] = channel_means(real, id, value);
    });
    run_all(correction.graph, images, kImages, kImages, [&](NodeId id, std::span<const float> value) {
      if (!rectified(correction.graph, id)) return;
      const std::vector<double> means = channel_means(correction.graph, id, value);
      const std::vector<double>& wanted = expected.at(correction.graph.node(id).name);
      for (size_t c = 0; c < means.size(); ++c, ++compared)
        EXPECT_NEAR(means[c], wanted[c], 1e-3 * std::max(1.0, wanted[c])) << correction.graph.node(id).name;
    });
  }
  EXPECT_GT(compared, 50);
}

// Numbers that are clipped where the ReLU gives 0 anyway: the outputs are right, and a bias that makes up for the mean
// of the sums would spoil them.
TEST(BiasCorrection, LeavesErrorsAloneThatTheActivationCutsOff) {
  Graph real;
  const NodeId x = real.add("x", Input{{1, 1, 2, 8}});
  const NodeId sums = real.add("sums", Convolution{{{1, 1, 1, 1}, {-1}}, {{1}, {1.45F}}}, {x});
  real.add_output("y", real.add("relu", Activation{}, {sums}));
  Graph quantized = real;
  quantized.set_quantization(x, unsigned_quantization(4, 0.125F));  // up to 1.875
  std::vector<float> images;
  for (int i = 0; i < 16 * kImages; ++i) images.push_back(i % 4 == 3 ? 10.0F : 0.125F * static_cast<float>(i % 11));
  EXPECT_EQ(run_all(quantized, images, kImages), run_all(real, images, kImages));
  const BiasCorrection correction = correct_biases(real, quantized, images, kImages);
  EXPECT_FALSE(correction.kept);
  EXPECT_EQ(correction.graph, quantized);
}

TEST(BiasCorrection, NeverTakesOutputsFartherAway) {
  Random random(24);
  int kept = 0;
  for (int round = 0; round < 20; ++round) {
    const Graph real = simplify(random_graph(random));
    const std::vector<float> images = random_images(real, random);
    PostTrainingOptions options;
    options.weights.bits = 4;
    options.activations.bits = 4;
    const Graph quantized = quantize_post_training(real, images, kImages, options);
    const BiasCorrection correction = correct_biases(real, quantized, images, kImages);
    const double before = error_of_output(real, quantized, images),
                 after = error_of_output(real, correction.graph, images);
    EXPECT_NEAR(-10 * std::log10(before), correction.sqnr_before_db, 1e-3);
    if (correction.kept) {
      ++kept;
      EXPECT_LT(after, before);
    } else {
      EXPECT_EQ(correction.graph, quantized);
    }
  }
  EXPECT_GT(kept, 5);
}

// By the definition: the squared error of the sums over all places, less that of the real weights.
TEST(RoundingProblem, ErrorIsTheSquaredErrorOfTheSums) {
  Random random(11);
  constexpr size_t kDepth = 5, kChannels = 2, kPlaces = 40;
  constexpr double kScale = 0.25;
  const std::vector<float> inputs = random_tensor({kPlaces, kDepth}, random).values,
                           wanted = random_tensor({kPlaces, kChannels}, random).values,
                           steps = random_tensor({kChannels, kDepth}, random, -3, 3).values;
  RoundingProblem problem(kDepth, kChannels, false);
  const auto sum = [&](size_t place, const float* weights) {
    double total = 0;
    for (size_t i = 0; i < kDepth; ++i)
      total += static_cast<double>(inputs[place * kDepth + i]) * static_cast<double>(weights[i]);
    return kScale * total;
  };
  for (size_t p = 0; p < kPlaces; ++p) {
    std::vector<float> differences;
    for (size_t c = 0; c < kChannels; ++c)
      differences.push_back(static_cast<float>(sum(p, &steps[c * kDepth]) - wanted[p * kChannels + c]));
    problem.add(std::span(inputs).subspan(p * kDepth, kDepth), differences);
  }
  problem.finish(0);
  for (size_t c = 0; c < kChannels; ++c) {
    const std::span<const float> own = std::span(steps).subspan(c * kDepth, kDepth);
    const auto error = [&](std::span<const float> weights) {
      double total = 0;
      for (size_t p = 0; p < kPlaces; ++p) {
        const double off = sum(p, weights.data()) - wanted[p * kChannels + c];
        total += off * off;
      }
      return total / kScale / kScale;
    };
    const std::vector<float> rounded = problem.round(c, own, kScale, -7, 7, 300);
    double least = INFINITY, nearest_error = 0;
    for (unsigned choice = 0; choice < 1U << kDepth; ++choice) {
      std::vector<float> candidate, nearest;
      for (size_t i = 0; i < kDepth; ++i) {
        candidate.push_back(std::floor(own[i]) + static_cast<float>(choice >> i & 1));
        nearest.push_back(round_half_up(own[i]));
      }
      EXPECT_NEAR(problem.error(c, own, candidate, kScale), error(candidate) - error(own), 1e-3 * error(candidate));
      least = std::min(least, problem.error(c, own, candidate, kScale));
      nearest_error = problem.error(c, own, nearest, kScale);
    }
    EXPECT_LE(problem.error(c, own, rounded, kScale), nearest_error);
    EXPECT_GE(problem.error(c, own, rounded, kScale), least - 1e-6 * std::abs(least));
  }
}

// With the bias that it asks for, sums err by 0 in the mean, and differences of error() are those of squared errors.
TEST(RoundingProblem, BiasTakesTheMeanOfTheError) {
  Random random(31);
  constexpr size_t kDepth = 6, kPlaces = 50;
  constexpr double kScale = 0.5;
  const std::vector<float> inputs = random_tensor({kPlaces, kDepth}, random, 0, 2).values,
                           differences = random_tensor({kPlaces}, random, -1, 3).values,
                           steps = random_tensor({kDepth}, random, -3, 3).values;
  RoundingProblem problem(kDepth, 1, true);
  for (size_t p = 0; p < kPlaces; ++p)
    problem.add(std::span(inputs).subspan(p * kDepth, kDepth), std::span(differences).subspan(p, 1));
  problem.finish(0);
  const auto off = [&](std::span<const float> rounded, size_t place) {
    double sum = differences[place];
    for (size_t i = 0; i < kDepth; ++i)
      sum += kScale * static_cast<double>(rounded[i] - steps[i]) * static_cast<double>(inputs[place * kDepth + i]);
    return sum + problem.bias_change(0, steps, rounded, kScale);
  };
  const auto square = [&](std::span<const float> rounded) {
    double total = 0;
    for (size_t p = 0; p < kPlaces; ++p) total += off(rounded, p) * off(rounded, p);
    return total / kScale / kScale;
  };
  for (int round = 0; round < 10; ++round) {
    std::vector<float> rounded = random_tensor({kDepth}, random, -4, 4).values;
    for (float& r : rounded) r = round_half_up(r);
    double mean = 0;
    for (size_t p = 0; p < kPlaces; ++p) mean += off(rounded, p) / kPlaces;
    EXPECT_NEAR(mean, 0, 1e-5);
    EXPECT_NEAR(problem.error(0, steps, rounded, kScale), square(rounded) - square(steps), 1e-3 * square(rounded));
  }
}

TEST(RoundingProblem, NoScaleNearTheBestOneComesCloser) {
  Random random(32);
  constexpr size_t kDepth = 8;
  for (int round = 0; round < 10; ++round) {
    const std::vector<float> weights = random_tensor({kDepth}, random, -1, 1).values;
    RoundingProblem problem(kDepth, 1, round % 2 == 0);
    for (int p = 0; p < 60; ++p)
      problem.add(random_tensor({kDepth}, random, 0, 1).values, random_tensor({1}, random, -0.1F, 0.1F).values);
    problem.finish();
    std::vector<float> integers;
    for (const float w : weights) integers.push_back(round_half_up(w / 0.4F));
    const auto error = [&](float scale) {
      std::vector<float> steps = weights;
      for (float& s : steps) s /= scale;
      return problem.error(0, steps, integers, static_cast<double>(scale)) * static_cast<double>(scale * scale);
    };
    const float best = problem.best_scale(0, weights, integers);
    ASSERT_GT(best, 0);
    EXPECT_LT(error(best), error(best * 0.98F));
    EXPECT_LT(error(best), error(best * 1.02F));
  }
}

// A problem of inputs that go together, whose wanted sums are those of the real weights.
RoundingProblem random_problem(size_t depth, size_t places, Random& random) {
  RoundingProblem problem(depth, 1, false);
  for (size_t p = 0; p < places; ++p) {
    std::vector<float> inputs = random_tensor({static_cast<int64_t>(depth)}, random).values;
    for (size_t i = 1; i < depth; ++i) inputs[i] = 0.7F * inputs[i - 1] + 0.3F * inputs[i];
    problem.add(inputs, std::vector<float>{0});
  }
  problem.finish();
  return problem;
}

TEST(RoundingProblem, DescentEndsWhereNoWeightAloneIsBetterTheOtherWay) {
  Random random(21);
  constexpr size_t kDepth = 12;
  for (int round = 0; round < 20; ++round) {
    const RoundingProblem problem = random_problem(kDepth, 60, random);
    const std::vector<float> steps = random_tensor({kDepth}, random, -2, 2).values;
    std::vector<float> nearest;
    for (const float s : steps) nearest.push_back(std::clamp(round_half_up(s), -1.0F, 1.0F));
    std::vector<float> made = problem.descend(0, steps, nearest, 1, -1, 1);
    const double reached = problem.error(0, steps, made, 1);
    EXPECT_LE(reached, problem.error(0, steps, nearest, 1));
    for (size_t i = 0; i < kDepth; ++i) {
      EXPECT_TRUE(made[i] >= -1 && made[i] <= 1 && made[i] == std::floor(made[i]));
      const float kept = made[i];
      for (const float other : {std::floor(steps[i]), std::ceil(steps[i])}) {
        if (std::abs(other) > 1) continue;
        made[i] = other;
        EXPECT_GE(problem.error(0, steps, made, 1), reached * (1 - 1e-4)) << i;
      }
      made[i] = kept;
    }
  }
}

// Few places, of which two inputs are all but alike: their difference is hardly seen, and is held near the real one.
TEST(RoundingProblem, ShrinkageHoldsWhatFewPlacesSayNothingOf) {
  Random random(23);
  RoundingProblem problem(2, 1, false), unshrunk(2, 1, false);
  for (int p = 0; p < 20; ++p) {
    const std::vector<float> drawn = random_tensor({2}, random, -1, 1).values;
    const std::vector<float> inputs = {1 + drawn[0] / 2, 1 + drawn[0] / 2 + drawn[1] / 100}, differences = {0};
    problem.add(inputs, differences);
    unshrunk.add(inputs, differences);
  }
  problem.finish();
  unshrunk.finish(0);
  const std::vector<float> steps = {0, 0}, far = {3, -3}, near = {1, 0};
  EXPECT_LT(unshrunk.error(0, steps, far, 1), unshrunk.error(0, steps, near, 1));
  EXPECT_GT(problem.error(0, steps, far, 1), problem.error(0, steps, near, 1));
}

TEST(ChannelRounding, ScalesThatAreFittedAreNoFurtherAway) {
  Random random(24);
  constexpr size_t kDepth = 16;
  double fitted = 0, kept = 0;
  for (int round = 0; round < 10; ++round) {
    const RoundingProblem problem = random_problem(kDepth, 100, random);
    const std::vector<float> weights = random_tensor({kDepth}, random, -1, 1).values;
    const auto error = [&](bool fits) {
      const RoundedChannel made = round_channel(problem, 0, weights, 0.5F, -3, 3, fits, 100);
      EXPECT_TRUE(fits || made.scale == 0.5F);
      std::vector<float> steps = weights;
      for (float& s : steps) s /= made.scale;
      return problem.error(0, steps, made.integers, static_cast<double>(made.scale)) *
             static_cast<double>(made.scale * made.scale);
    };
    fitted += error(true);
    kept += error(false);
  }
  EXPECT_LT(fitted, 0.9 * kept);
}

TEST(AdaptiveRounding, LayersComeNoLessCloseThanWithNearestRounding) {
  Random random(12);
  for (const int groups : {1, 2, 6}) {
    Graph graph;
    const NodeId image = graph.add("image", Input{{1, 6, 9, 9}});
    Convolution c;
    c.weight = random_tensor({12, 6 / groups, 3, 3}, random);
    c.bias = random_tensor({12}, random);
    c.groups = groups;
    c.stride = {2, 1};
    c.padding = {1, 0, 2, 1};
    graph.add_output("sums", graph.add("conv", c, {image}));
    // Neighbouring numbers are alike, as those of images are.
    std::vector<float> images = random_images(graph, random);
    for (size_t i = 1; i < images.size(); ++i) images[i] = 0.9F * images[i - 1] + 0.1F * images[i];
    PostTrainingOptions options;
    options.weights.bits = 3;
    options.places = Places::after_activations;
    const Graph nearest = quantize_post_training(graph, images, kImages, options);
    AdaptiveRoundingOptions rounding;
    rounding.places = 1000;  // all: then the guarantee is for the whole layer
    rounding.iterations = 300;
    const Graph rounded = round_adaptively(graph, nearest, images, kImages, rounding);
    EXPECT_LT(error_of_output(graph, rounded, images), 0.9 * error_of_output(graph, nearest, images)) << groups;
  }
}

// Where a scale becomes smaller, the largest weights are cut off, however far that is. Scales that are fitted to the
// integers last leave these a little further from the weights.
TEST(AdaptiveRounding, GoesUpOrDownAndDependsOnTheSeedAlone) {
  Random random(13);
  for (int round = 0; round < 6; ++round) {
    const Graph graph = simplify(random_graph(random));
    const std::vector<float> images = random_images(graph, random);
    PostTrainingOptions options;
    options.weights.bits = 4;
    const Graph nearest = quantize_post_training(graph, images, kImages, options);
    AdaptiveRoundingOptions rounding;
    rounding.iterations = 50;
    rounding.places = 8;
    rounding.fits_scales = round % 2 == 0;
    const Graph rounded = round_adaptively(graph, nearest, images, kImages, rounding);
    for (const NodeId id : rounded.order()) {
      const Layer& layer = rounded.node(id).layer;
      const Tensor* weights = weight_of(layer);
      if (weights == nullptr) continue;
      EXPECT_EQ(effective_weight(layer), *weights);
      const Quantization& q = **weight_quantization_of(layer);
      const std::vector<float>& real = weight_of(nearest.node(id).layer)->values;
      const size_t each = real.size() / static_cast<size_t>(weights->shape[0]);
      for (size_t i = 0; i < real.size(); ++i) {
        const float scale = q.scale[q.per_channel() ? i / each : 0];
        const float reached = std::clamp(real[i], scale * static_cast<float>(q.lowest() - q.zero_point[0]),
                                         scale * static_cast<float>(q.highest() - q.zero_point[0]));
        EXPECT_LE(std::abs(weights->values[i] - reached), (rounding.fits_scales ? 1.5F : 1.001F) * scale);
      }
      const Quantization& before = **weight_quantization_of(nearest.node(id).layer);
      EXPECT_TRUE(rounding.fits_scales || q == before);
    }
    rounding.threads = 3;
    EXPECT_EQ(round_adaptively(graph, nearest, images, kImages, rounding), rounded);
  }
  EXPECT_THROW(round_adaptively({}, {}, {}, 0, {.places = 0}), std::invalid_argument);
}

TEST(Equalization, KeepsTheNetworkAndEvensItsWeights) {
  Random random(5);
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 3, 8, 8}});
  // Channels of very different ranges that the next layer evens out again.
  Tensor uneven = random_tensor({6, 3, 3, 3}, random), inverse = random_tensor({6, 1, 3, 3}, random);
  for (size_t i = 0; i < uneven.values.size(); ++i) uneven.values[i] *= std::exp2(static_cast<float>(i / 27) * 1.5F);
  for (size_t i = 0; i < inverse.values.size(); ++i) inverse.values[i] *= std::exp2(static_cast<float>(i / 9) * -1.5F);
  x = graph.add("first", Convolution{uneven, random_tensor({6}, random), {}, {1, 1, 1, 1}}, {x});
  x = graph.add("relu", Activation{}, {x});
  x = graph.add("depthwise", Convolution{inverse, {}, {}, {1, 1, 1, 1}, 6}, {x});
  x = graph.add("leaky", Activation{.kind = ActivationKind::leaky_relu}, {x});
  x = graph.add("last", Convolution{random_tensor({4, 6, 1, 1}, random), random_tensor({4}, random)}, {x});
  graph.add_output("y", x);
  const Graph even = equalize_layers(graph);
  const std::vector<float> images = random_images(graph, random);
  EXPECT_LT(error_of_output(graph, even, images), 1e-11);
  const auto spread = [](const Graph& g) {
    const Tensor& w = *weight_of(g.node(*g.find("first")).layer);
    float least = 1e9F, most = 0;
    for (size_t c = 0; c < 6; ++c) {
      float here = 0;
      for (size_t i = 27 * c; i < 27 * (c + 1); ++i) here = std::max(here, std::abs(w.values[i]));
      least = std::min(least, here);
      most = std::max(most, here);
    }
    return most / least;
  };
  EXPECT_LT(spread(even), spread(graph) / 10);
  PostTrainingOptions one_scale;
  one_scale.weights.bits = 4;
  one_scale.weights.per_channel = false;
  EXPECT_LT(error_of_output(graph, quantize_weights(even, one_scale), images),
            error_of_output(graph, quantize_weights(graph, one_scale), images) / 2);
}

TEST(Equalization, KeepsRandomNetworks) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    const Graph graph = simplify(random_graph(random));
    EXPECT_LT(error_of_output(graph, equalize_layers(graph), random_images(graph, random)), 1e-9);
  }
}

TEST(PostTraining, EdgeLayersHaveBitsOfTheirOwn) {
  Random random(2);
  const Graph graph = simplify(random_graph(random));
  PostTrainingOptions options;
  options.weights.bits = 3;
  options.edge_weight_bits = 8;
  const Graph quantized = quantize_weights(graph, options);
  std::vector<int> bits;
  for (const NodeId id : quantized.order())
    if (const auto* q = weight_quantization_of(quantized.node(id).layer)) bits.push_back((*q)->bits);
  ASSERT_GE(bits.size(), 2U);
  for (size_t i = 0; i < bits.size(); ++i) EXPECT_EQ(bits[i], i == 0 || i + 1 == bits.size() ? 8 : 3);
}

/// Two heads behind one layer, as detectors have them: scores behind a sigmoid, boxes joined of two parts and reshaped.
Graph two_heads(Random& random) {
  Graph g;
  const NodeId x = g.add("x", Input{{1, 3, 8, 8}});
  const auto convolution = [&](const char* name, int64_t out, NodeId from) {
    const int64_t in = g.node(from).shape[1];
    return g.add(name, Convolution{random_tensor({out, in, 1, 1}, random), random_tensor({out}, random)}, {from});
  };
  const NodeId body = g.add("relu", Activation{}, {convolution("first", 6, x)});
  const NodeId middle = g.add("middle.relu", Activation{}, {convolution("middle", 6, body)});
  const NodeId scores = convolution("scores", 4, middle);
  g.add_output("probabilities", g.add("sigmoid", Activation{.kind = ActivationKind::sigmoid}, {scores}));
  const NodeId joined =
      g.add("joined", Concat{1}, {convolution("centres", 2, middle), convolution("sizes", 2, middle)});
  g.add_output("boxes", g.add("rows", Reshape{{0, 4, 64}}, {joined}));
  return g;
}

TEST(PostTraining, WhatComesInAndGoesOutKeepsEightBits) {
  Random random(21);
  const Graph graph = two_heads(random);
  const std::vector<float> images = random_images(graph, random);
  const auto bits = [&](const PostTrainingOptions& options) {
    const Graph quantized = quantize_post_training(graph, images, kImages, options);
    std::map<std::string, int> all;
    for (const NodeId id : quantized.order())
      if (const auto& q = quantized.node(id).quantization) all[quantized.node(id).name] = q->bits;
    return all;
  };
  using Bits = std::map<std::string, int>;
  PostTrainingOptions options;
  options.activations.bits = 4;
  // Not the reshape: it belongs to the tail, as the sigmoid does.
  Bits expected = {{"x", 8},       {"relu", 4},  {"middle.relu", 4}, {"scores", 8},
                   {"centres", 8}, {"sizes", 8}, {"joined", 8}};
  EXPECT_EQ(bits(options), expected);
  options.output_bits = 4;
  for (const char* name : {"scores", "centres", "sizes", "joined"}) expected[name] = 4;
  EXPECT_EQ(bits(options), expected);
  options.output_bits = 0;
  options.activations.bits = 12;
  for (auto& [name, count] : expected) count = 12;
  EXPECT_EQ(bits(options), expected);
}

TEST(PostTraining, SumsMayHaveBitsOfTheirOwn) {
  Random random(23);
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 3, 8, 8}});
  const auto convolution = [&](const char* name, NodeId from) {
    return graph.add(name, Convolution{random_tensor({3, 3, 1, 1}, random), random_tensor({3}, random)}, {from});
  };
  const NodeId first = graph.add("relu", Activation{}, {convolution("first", x)});
  const NodeId added = graph.add("add", Add{}, {convolution("branch", first), first});
  const NodeId second = graph.add("add.relu", Activation{}, {added});
  const NodeId mean = graph.add("mean", GlobalPool{}, {graph.add("joined", Concat{1}, {first, second})});
  const NodeId flat = graph.add("flat", Reshape{{0, -1}}, {mean});
  graph.add_output("y", graph.add("scores", FullyConnected{random_tensor({4, 6}, random), {}}, {flat}));
  const std::vector<float> images = random_images(graph, random);
  PostTrainingOptions options;
  options.activations.bits = 4;
  options.sum_bits = 8;
  const Graph quantized = quantize_post_training(graph, images, kImages, options);
  for (const auto& [name, bits] :
       {std::pair("relu", 4), {"branch", 8}, {"add.relu", 4}, {"joined", 4}, {"mean", 8}, {"flat", 8}, {"scores", 8}})
    EXPECT_EQ(quantized.node(*quantized.find(name)).quantization->bits, bits) << name;
}

TEST(PostTraining, EveryHeadIsALastLayer) {
  Random random(22);
  PostTrainingOptions options;
  options.weights.bits = 4;
  options.edge_weight_bits = 8;
  const Graph quantized = quantize_weights(two_heads(random), options);
  for (const auto& [name, bits] : {std::pair("first", 8), {"middle", 4}, {"scores", 8}, {"centres", 8}, {"sizes", 8}})
    EXPECT_EQ((*weight_quantization_of(quantized.node(*quantized.find(name)).layer))->bits, bits) << name;
}

TEST(InputQuantization, EveryPixelIsAStepOfItsOwn) {
  Preprocessing p;
  p.channels = Preprocessing::Channels::rgb;
  const auto stored = [&](const Quantization& q, size_t channel, int pixel) {
    const float value = (static_cast<float>(pixel) - p.mean[channel]) * p.factor[channel];
    return quantize(value, q.scale[0], q.zero_point[0], q.lowest(), q.highest());
  };
  for (const float mean : {0.0F, 127.0F, 255.0F}) {
    p.mean = {mean, mean, mean};
    const Quantization q = input_quantization(p);
    for (int pixel = 0; pixel < 256; ++pixel) EXPECT_EQ(stored(q, 0, pixel), pixel);
  }
  // Channels that differ share a scale that cuts nothing off.
  p.mean = {123.7F, 116.3F, 103.5F};
  p.factor = {0.017F, 0.0175F, 0.0174F};
  const Quantization q = input_quantization(p);
  for (size_t channel = 0; channel < 3; ++channel)
    for (const int pixel : {0, 255}) {
      const float value = (static_cast<float>(pixel) - p.mean[channel]) * p.factor[channel];
      EXPECT_NEAR(dequantize(stored(q, channel, pixel), q.scale[0], q.zero_point[0]), value, q.scale[0]);
    }
}

TEST(ErrorChart, DrawsARowForEveryValue) {
  const std::string svg = draw_errors("a < b & c", {{"conv<1>", "convolution 3x3", 8, 8, 30, 0.999},
                                                    {std::string(200, 'x'), "ReLU", 0, 4, INFINITY, 1},
                                                    {"dead", "ReLU", 0, 0, -5, 0}});
  EXPECT_THAT(svg, testing::AllOf(testing::StartsWith("<svg"), testing::HasSubstr("a &lt; b &amp; c"),
                                  testing::HasSubstr("conv&lt;1&gt;"), testing::HasSubstr("exact"),
                                  testing::HasSubstr("8 / 8"), testing::EndsWith("</svg>\n")));
  size_t bars = 0;
  for (size_t at = 0; (at = svg.find("rx=", at)) != std::string::npos; ++at) ++bars;
  EXPECT_EQ(bars, 3U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(ErrorReport, NumbersByHand) {
  Graph real;
  const NodeId x = real.add("x", Input{{1, 2}});
  real.add_output("y", real.add("y", FullyConnected{{{2, 2}, {1, 0, 0, 1}}, {}}, {x}));
  Graph quantized = real;
  quantized.set_quantization(*quantized.find("y"), signed_quantization(4, 1));
  const std::vector<float> images = {3.25F, 0, 0, -4};
  const std::vector<ValueError> report = report_errors(real, quantized, images, 2);
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].name, "y");
  EXPECT_EQ(report[0].value_bits, 4);
  EXPECT_NEAR(report[0].sqnr_db, 10 * std::log10((3.25 * 3.25 + 16) / 0.0625), 1e-9);
  EXPECT_NEAR(report[0].cosine, (3.25 * 3 + 16) / std::sqrt((3.25 * 3.25 + 16) * 25), 1e-12);
  EXPECT_NE(to_text(report).find("fully connected"), std::string::npos);
  EXPECT_NE(to_json(report).find("\"value_bits\": 4"), std::string::npos);
  EXPECT_NE(to_json(report_errors(real, real, images, 2)).find("\"sqnr_db\": null"), std::string::npos);
}

}  // namespace
}  // namespace flashcell::quant
