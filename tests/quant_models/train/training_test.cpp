#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/models/roi_classifier.hpp"
#include "quant_models/train/augment.hpp"
#include "quant_models/train/average_precision.hpp"
#include "quant_models/train/cell_targets.hpp"
#include "quant_models/train/checkpoint.hpp"
#include "quant_models/train/learning_curve.hpp"
#include "quant_models/train/memory.hpp"
#include "quant_models/train/schedule.hpp"
#include "tests/quant_models/data/data_folder.hpp"

// What training shares with programs that do not load libtorch.
namespace flashcell::quant {
namespace {

using test::DataFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MarkedObject object(float left, float top, float right, float bottom, int c = 0, bool difficult = false) {
  return {{left, top, right, bottom}, c, difficult};
}
Detection detection(float left, float top, float right, float bottom, float score, int c = 0) {
  return {{left, top, right, bottom}, c, score};
}

TEST(AveragePrecision, HandComputedCurve) {
  // By falling score: hit (1/3, 1), miss (1/3, 1/2), hit (2/3, 2/3), miss: found before (2/3, 1/2).
  // Falling precision: 1 up to recall 1/3, 2/3 up to 2/3, 0 beyond: 1/3 + 2/9 = 5/9.
  const std::vector<DetectedPicture> pictures = {
      {{object(0, 0, 10, 10), object(20, 0, 30, 10)},
       {detection(0, 0, 10, 10, 0.9F), detection(50, 50, 60, 60, 0.8F), detection(0, 0, 10, 9, 0.3F)}},
      {{object(5, 5, 15, 15)}, {detection(5, 5, 15, 14, 0.7F)}}};
  EXPECT_DOUBLE_EQ(average_precision(pictures, 1).mean, 5.0 / 9);
}

TEST(AveragePrecision, OverlapOfExactlyHalfIsAHitAndLessIsNot) {
  const auto with = [](float right) {
    return average_precision({{{object(0, 0, 10, 10)}, {detection(0, 0, right, 10, 0.5F)}}}, 1).mean;
  };
  EXPECT_DOUBLE_EQ(with(5), 1);
  EXPECT_DOUBLE_EQ(with(4.99F), 0);
}

TEST(AveragePrecision, DifficultObjectsAreNeitherHitNorMiss) {
  const std::vector<DetectedPicture> pictures = {
      {{object(0, 0, 10, 10, 0, true), object(20, 0, 30, 10)},
       {detection(0, 0, 10, 10, 0.9F), detection(0, 0, 10, 10, 0.8F), detection(20, 0, 30, 10, 0.7F)}}};
  EXPECT_DOUBLE_EQ(average_precision(pictures, 1).mean, 1);
}

TEST(AveragePrecision, ClassesApartAndWithoutObjectsLeftOut) {
  const std::vector<DetectedPicture> pictures = {
      {{object(0, 0, 10, 10, 0), object(20, 0, 30, 10, 2)},
       {detection(0, 0, 10, 10, 0.9F, 2), detection(0, 0, 10, 10, 0.8F, 0), detection(20, 0, 30, 10, 0.5F, 2)}}};
  const AveragePrecision result = average_precision(pictures, 3);
  EXPECT_THAT(result.by_class, ElementsAre(1, -1, 0.5));
  EXPECT_DOUBLE_EQ(result.mean, 0.75);
  EXPECT_DOUBLE_EQ(average_precision({{{}, {}}}, 3).mean, 0);
}

TEST(AveragePrecision, AnotherPicturesObjectIsNoHit) {
  EXPECT_DOUBLE_EQ(average_precision({{{object(0, 0, 9, 9)}, {}}, {{}, {detection(0, 0, 9, 9, 1)}}}, 1).mean, 0);
}

TEST(CellDetector, DecodesWhatItsTargetsSay) {
  // Predictions written by hand from the targets decode to the very objects.
  const std::vector<MarkedObject> objects = {object(10, 20, 74, 60, 1), object(200, 100, 230, 140, 0),
                                             object(90, 0, 128, 33, 1)};
  constexpr int kRows = 32, kColumns = 32;
  const std::vector<float> weights = {1, 1};
  const CellTargets t = make_cell_targets(objects, kRows, kColumns, weights);
  EXPECT_EQ(t.objects, 3);
  constexpr size_t kCells = kRows * kColumns;
  std::vector<float> prediction(kCells * (kFirstClass + 2));
  for (size_t i = 0; i < kCells; ++i) {
    prediction[kObjectness * kCells + i] = t.heat[i] == 1 ? 8 : -8;
    const float* b = &t.boxes[4 * i];
    if (t.weight[i] == 0) continue;
    prediction[kCentreColumn * kCells + i] = (b[0] + b[2]) / 2 / kCellSize - static_cast<float>(i % kColumns) - 0.5F;
    prediction[kCentreRow * kCells + i] = (b[1] + b[3]) / 2 / kCellSize - static_cast<float>(i / kColumns) - 0.5F;
    prediction[kLogWidth * kCells + i] = std::log((b[2] - b[0]) / kReferenceSize);
    prediction[kLogHeight * kCells + i] = std::log((b[3] - b[1]) / kReferenceSize);
    prediction[(kFirstClass + static_cast<size_t>(t.classes[i])) * kCells + i] = 9;
  }
  const std::vector<Detection> found = decode_cells(prediction, 2, kRows, kColumns);
  ASSERT_EQ(found.size(), 3U);
  for (const MarkedObject& o : objects) {
    const auto match = std::find_if(found.begin(), found.end(),
                                    [&](const Detection& d) { return intersection_over_union(d.box, o.box) > 0.999F; });
    ASSERT_NE(match, found.end());
    EXPECT_EQ(match->object_class, o.object_class);
    EXPECT_GT(match->score, 0.99F);
  }
  EXPECT_THROW(decode_cells(prediction, 3, kRows, kColumns), std::invalid_argument);
}

TEST(CellDetector, TargetsShareEachObjectsWeight) {
  const std::vector<float> weights = {0.5F, 2};
  const CellTargets t = make_cell_targets({object(0, 0, 200, 200, 1), object(30, 30, 32, 32, 0)}, 32, 32, weights);
  double small = 0, large = 0;
  for (size_t i = 0; i < t.weight.size(); ++i) (t.classes[i] == 0 ? small : large) += static_cast<double>(t.weight[i]);
  EXPECT_NEAR(small, 0.5, 1e-6);
  EXPECT_NEAR(large, 2, 1e-5);
  EXPECT_EQ(t.heat[3 * 32 + 3], 1);
  EXPECT_EQ(t.heat[12 * 32 + 12], 1);
  EXPECT_EQ(std::count(t.heat.begin(), t.heat.end(), 1.F), 2);
}

TEST(CellDetector, SuppressesWithinAClassOrAcross) {
  const std::vector<Detection> found = {detection(0, 0, 10, 10, 0.5F), detection(0, 0, 10, 9, 0.6F),
                                        detection(0, 0, 10, 10, 0.4F, 1), detection(9, 0, 19, 10, 0.3F)};
  DecodeOptions options;
  const auto kept = suppress_overlaps(found, options);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].score, 0.6F);
  EXPECT_EQ(kept[1].object_class, 1);
  EXPECT_EQ(kept[2].box.left, 9);
  options.across_classes = true;
  const auto single = suppress_overlaps(found, options);
  ASSERT_EQ(single.size(), 2U);
  EXPECT_EQ(single[0].score, 0.6F);
  EXPECT_EQ(single[1].box.left, 9);
}

TEST(Models, SizesAsStated) {
  EXPECT_EQ(total_cost(make_roi_classifier(10, 1)).macs, 241920);
  const Graph detector = make_cell_detector(1, 512, 512, 3, 1);
  EXPECT_EQ(detector.node(detector.outputs()[0].node).shape, (Shape{1, 8, 64, 64}));
  EXPECT_NEAR(static_cast<double>(total_cost(detector).macs), 38e6, 1e6);
  EXPECT_EQ(make_roi_classifier(10, 7), make_roi_classifier(10, 7));
  EXPECT_FALSE(make_roi_classifier(10, 7) == make_roi_classifier(10, 8));
  EXPECT_THROW(make_cell_detector(1, 100, 512, 3, 1), std::invalid_argument);
}

TEST(Memory, CountsWhatIsAliveAtOnce) {
  // Input 16 x 8 bits, convolution to 4 x 16 x 4 bits fused with its ReLU, then 4 sums of 8 bits.
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 1, 4, 4}});
  graph.set_quantization(x, unsigned_quantization(8, 1));
  Convolution convolution;
  convolution.weight = make_tensor({4, 1, 1, 1}, {1, 2, 3, 4});
  convolution.weight_quantization = weight_quantization(2, {1});
  x = graph.add("relu", Activation{}, {graph.add("conv", convolution, {x})});
  graph.set_quantization(x, unsigned_quantization(4, 1));
  x = graph.add("pool", GlobalPool{}, {x});
  graph.set_quantization(x, unsigned_quantization(8, 1));
  x = graph.add("flat", Reshape{{0, -1}}, {x});
  graph.add_output("y", x);
  const ChipMemory memory = chip_memory(graph);
  EXPECT_EQ(memory.weights, 4 * 2);
  EXPECT_EQ(memory.biases, 4 * 32);
  EXPECT_EQ(memory.scales, 4 * 24);
  EXPECT_EQ(memory.values, 16 * 8 + 64 * 4);
}

TEST(Schedule, WarmsUpThenFallsToNothing) {
  EXPECT_DOUBLE_EQ(learning_rate(1, 0, 100, 4), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(1, 3, 100, 4), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate(1, 4, 100, 4), 1);
  EXPECT_NEAR(learning_rate(2, 52, 100, 4), 1, 1e-12);
  EXPECT_GT(learning_rate(1, 99, 100, 4), 0);
  EXPECT_LT(learning_rate(1, 99, 100, 4), 1e-3);
}

Checkpoint some_checkpoint() {
  Checkpoint c;
  c.fingerprint = 77;
  c.step = 12;
  c.epoch_loss = 0.25;
  c.history = {{1.5, 0.1, -1}, {1.25, 0.05, 0.5}};
  c.tensors = {{{2, 2}, {1, 2, 3, 4}}, {{1}, {5}}};
  return c;
}

TEST(Checkpoint, ComesBackAsItWas) {
  const DataFolder folder;
  EXPECT_FALSE(load_checkpoint(folder.path("c"), 77).has_value());
  save(some_checkpoint(), folder.path("c"));
  EXPECT_EQ(load_checkpoint(folder.path("c"), 77), some_checkpoint());
  EXPECT_FALSE(std::filesystem::exists(folder.path("c.partial")));
  EXPECT_THROW(load_checkpoint(folder.path("c"), 78), ModelError);
}

TEST(Checkpoint, ATensorThatDoesNotFillItsShapeIsDamage) {
  for (const Shape& shape : {Shape{3, 3}, Shape{-1, -2}, Shape{int64_t{1} << 62, 8}, Shape{0}}) {
    Checkpoint c = some_checkpoint();
    c.tensors.push_back({shape, {1, 2}});
    const std::string bytes = encode(c);
    EXPECT_THROW(decode_checkpoint({bytes.begin(), bytes.end()}, "c"), ModelError);
  }
}

TEST(Checkpoint, EveryCutAndEveryFlippedByteIsNoticed) {
  const std::string bytes = encode(some_checkpoint());
  const std::vector<uint8_t> whole(bytes.begin(), bytes.end());
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(decode_checkpoint({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}, "c"), ModelError);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<uint8_t> damaged = whole;
    damaged[i] ^= 1;
    EXPECT_THROW(decode_checkpoint(damaged, "c"), ModelError) << i;
  }
}

Picture ramp(int rows, int columns) {
  Picture p{1, rows, columns, {}};
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) p.pixels.push_back(static_cast<uint8_t>(10 * r + c));
  return p;
}

TEST(Augment, PlainViewOfTheSameSizeIsThePicture) {
  const Picture p = ramp(6, 9);
  std::vector<float> out(54);
  render(p, plain_view(p, 6, 9), 6, 9, true, out);
  for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i] * 255, p.pixels[i], 1e-4F);
}

TEST(Augment, ObjectsGoWhereTheirPixelsGo) {
  // A bright rectangle: wherever the view takes it, its box holds the bright pixels and no others.
  Picture p{1, 60, 80, std::vector<uint8_t>(4800, 0)};
  for (int r = 20; r < 40; ++r)
    for (int c = 30; c < 45; ++c) p.pixels[static_cast<size_t>(r * 80 + c)] = 255;
  AugmentOptions options;
  options.shift = 6;
  options.scale = 0.3;
  options.stretch = 0.2;
  options.mirror_columns = options.mirror_rows = options.transpose = true;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, {});
    const View view = augmented_view(p, 64, 64, options, random);
    std::vector<float> out(64 * 64);
    render(p, view, 64, 64, true, out);
    const auto seen = view_objects({object(30, 20, 45, 40)}, view, 64, 64);
    ASSERT_EQ(seen.size(), 1U);
    const Box& b = seen[0].box;
    for (int r = 0; r < 64; ++r) {
      for (int c = 0; c < 64; ++c) {
        const auto x = static_cast<float>(c) + 0.5F, y = static_cast<float>(r) + 0.5F;
        const float inside = std::min({x - b.left, b.right - x, y - b.top, b.bottom - y});
        const float level = out[static_cast<size_t>(r * 64 + c)];
        if (inside > 1) {
          EXPECT_GT(level, 0.9F) << seed;
        } else if (inside < -1.5F) {
          EXPECT_LT(level, 0.1F) << seed;
        }
      }
    }
  }
}

TEST(Augment, DropsWhatIsHardlyLeft) {
  View view{{1, 0, 50, 0, 1, 0}};  // the picture's column 50 is the view's column 0
  EXPECT_EQ(view_objects({object(0, 0, 60, 10)}, view, 64, 64).size(), 0U);
  const auto seen = view_objects({object(30, 0, 70, 10)}, view, 64, 64);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].box, (Box{0, 0, 20, 10}));
}

TEST(Augment, SamePlaceSameNumbers) {
  AugmentOptions options;
  options.rotate = 20;
  options.brightness = 0.2;
  const Picture p = ramp(8, 8);
  std::vector<float> a(64), b(64), c(64);
  for (auto* out : {&a, &b, &c}) {
    Random random(5, {1, out == &c ? 3U : 2U});
    render(p, augmented_view(p, 8, 8, options, random), 8, 8, false, *out);
  }
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(LearningCurve, DrawsEveryStage) {
  const std::string svg = draw_learning_curve("map & <50>", {{"float", {{2, 1, -1}, {1, 1, 0.5}}}, {"int8", {}}});
  EXPECT_THAT(svg, AllOf(HasSubstr("map &amp; &lt;50&gt;"), HasSubstr(">float<"), HasSubstr(">int8<")));
  EXPECT_THAT(svg, HasSubstr("stroke-dasharray"));
}

}  // namespace
}  // namespace flashcell::quant
