// The cell decoder against quant::decode_cells() on the real numbers that its integers stand for; classifier, detector
// and what they make of object tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "host/inference/detect/cell_decoder.hpp"
#include "host/inference/detect/detection_objects.hpp"
#include "host/inference/detect/frame_detector.hpp"
#include "host/inference/network.hpp"
#include "host/inference/reference/reference.hpp"
#include "host/inference/roi/roi_classifier.hpp"
#include "host/inference/roi/roi_namer.hpp"
#include "quant_models/packed/model_builder.hpp"

namespace flashcell::host {
namespace {

using contract::ActivationType;

/// A network of one layer with drawn weights.
class OneLayer {
 public:
  OneLayer(int side, uint32_t seed) : random_(seed), builder_("network"), side_(side) {
    input_ = builder_.input("picture", side, side, 1, {ActivationType::unsigned8, 8, 1 / 255.0F});
  }
  /// Any output format; cells of 8 x 8 pixels, as an image or one below the other.
  quant::PackedModel cells(int classes, const quant::ActivationFormat& format, bool tokens = false) {
    const int channels = quant::kFirstClass + classes, all = side_ / 8 * (side_ / 8);
    auto x = stem();
    draw(channels, 16);
    x = builder_.convolution("cells", x, channels, quant::Window::square(1), {weights_, 8, bias_, scales_}, format);
    const contract::Strides rows = {0, 0, 0, static_cast<uint32_t>(channels), 1};
    if (tokens) x = builder_.move("tokens", x, {1, 1, all, channels, rows, rows}, {all, 1, channels});
    builder_.output(x);
    return finish(classes);
  }
  quant::PackedModel classifier(int classes) {
    draw(classes, side_ * side_);
    builder_.output(builder_.fully_connected("scores", input_, classes, {weights_, 8, bias_, scales_},
                                             {ActivationType::signed8, 8, 0.05F}));
    return finish(classes);
  }
  /// FastestDet's heads over 8 x 8 cells.
  quant::PackedModel fastestdet(int classes) {
    const auto x = stem();
    head(x, "boxes", 4);
    head(x, "classes", classes);
    head(x, "objectness", 1);
    return finish(classes);
  }
  /// YuNet's heads for steps of 8, 16 and 32 pixels.
  quant::PackedModel yunet() {
    auto x = stem();
    for (const char* step : {"8", "16", "32"}) {
      head(x, std::string("cls_") + step, 1);
      head(x, std::string("obj_") + step, 1);
      head(x, std::string("bbox_") + step, 4);
      head(x, std::string("kps_") + step, 10);
      if (step != std::string("32")) x = builder_.max_pool(std::string("pool_") + step, x, quant::Window::square(2, 2));
    }
    return finish(1);
  }

 private:
  quant::ModelBuilder::Tensor stem() {
    draw(16, 16);
    const auto x = builder_.convolution("stem", input_, 16, quant::Window::square(4, 4), {weights_, 8, bias_, scales_},
                                        {ActivationType::unsigned8, 8, 0.1F});
    return builder_.max_pool("pool", x, quant::Window::square(2, 2));
  }
  void head(quant::ModelBuilder::Tensor x, const std::string& name, int channels) {
    draw(channels, 16);
    const float scale = 0.01F * static_cast<float>(1 + random_() % 5);
    builder_.output(builder_.convolution(name, x, channels, quant::Window::square(1), {weights_, 8, bias_, scales_},
                                         {ActivationType::signed8, 8, scale, 7}));
  }
  quant::PackedModel finish(int classes) {
    std::vector<std::string> names;
    for (int c = 0; c < classes; ++c) names.push_back("class" + std::to_string(c));
    builder_.set_class_names(names);
    return builder_.build();
  }
  void draw(int channels, int each) {
    weights_.resize(static_cast<size_t>(channels) * static_cast<size_t>(each));
    for (int8_t& w : weights_) w = static_cast<int8_t>(static_cast<int>(random_() % 255) - 127);
    bias_.resize(static_cast<size_t>(channels));
    for (int32_t& b : bias_) b = static_cast<int32_t>(random_() % 2000) - 1000;
    scales_.assign(static_cast<size_t>(channels), quant::requantization_for(0.01 / std::sqrt(each)));
  }

  std::mt19937 random_;
  quant::ModelBuilder builder_;
  int side_;
  quant::ModelBuilder::Tensor input_ = 0;
  std::vector<int8_t> weights_;
  std::vector<int32_t> bias_;
  std::vector<contract::Requantization> scales_;
};

std::vector<float> real_numbers(const quant::PackedModel& model, std::span<const uint8_t> stored) {
  const contract::TensorDescriptor& out = output_of(model);
  const float scale = output_scale(model);
  const size_t cells = static_cast<size_t>(out.height) * out.width;
  std::vector<float> real(stored.size());  // channel by channel, as decode_cells() wants them
  for (size_t cell = 0; cell < cells; ++cell) {
    for (size_t c = 0; c < out.channels; ++c) {
      const int q = stored_value(out, stored[cell * out.channels + c]);
      real[c * cells + cell] = scale * static_cast<float>(q - out.zero_point);
    }
  }
  return real;
}

TEST(CellDecoder, EqualsDecodingTheRealNumbers) {
  size_t boxes = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const int classes = 1 + static_cast<int>(seed % 6);
    const bool sign = seed % 2 == 0;
    const quant::ActivationFormat format{sign ? ActivationType::signed8 : ActivationType::unsigned8,
                                         seed % 5 == 4 ? 4 : 8, 0.02F + 0.01F * static_cast<float>(seed % 9),
                                         sign ? 0 : 3};
    const quant::PackedModel model = OneLayer(64, seed).cells(classes, format, seed % 3 == 2);
    std::vector<uint8_t> cells(quant::bytes_of_role(model, contract::kOutputTensor));
    const int low = contract::lowest(format.type, format.bits), high = contract::highest(format.type, format.bits);
    for (uint8_t& value : cells) {
      // Few levels now and then, so that scores tie and boxes coincide.
      const int level = low + static_cast<int>(random() % static_cast<uint32_t>(high - low + 1));
      value = static_cast<uint8_t>(seed % 4 == 1 ? (level < (low + high) / 2 ? low + 2 : high - 1) : level);
    }
    quant::DecodeOptions options;
    options.least_score = seed % 3 == 0 ? 0.05F : 0.5F;
    options.most_overlap = seed % 7 == 0 ? 0.1F : 0.45F;
    options.most = seed % 11 == 0 ? 3 : 500;
    options.across_classes = seed % 2 == 0;
    CellDecoder decoder(model, options);
    const auto found = decoder.decode(cells);
    const auto expected = quant::decode_cells(real_numbers(model, cells), classes, 8, 8, options);
    ASSERT_EQ(found.size(), expected.size()) << seed;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].score, expected[i].score) << seed;
      EXPECT_EQ(found[i].object_class, expected[i].object_class);
      EXPECT_EQ(found[i].box, expected[i].box);
      EXPECT_EQ(found[i].cell, expected[i].cell);
    }
    boxes += found.size();
  }
  EXPECT_GT(boxes, 200u);
}

/// The real numbers of every output, channels fastest.
std::vector<std::vector<float>> real_heads(const quant::PackedModel& model, std::span<const uint8_t> stored) {
  std::vector<std::vector<float>> heads;
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    const contract::TensorDescriptor& t = model.tensors[i];
    if ((t.role & contract::kOutputTensor) == 0) continue;
    std::vector<float>& values = heads.emplace_back();
    for (const uint8_t byte : stored.first(quant::bytes_of(t)))
      values.push_back(model.tensor_scales[i] * static_cast<float>(stored_value(t, byte) - t.zero_point));
    stored = stored.subspan(quant::bytes_of(t));
  }
  return heads;
}

TEST(HeadDecoder, EqualsDecodingTheRealNumbers) {
  size_t boxes = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    const bool faces = seed % 2 == 0;
    const int classes = faces ? 1 : 2 + static_cast<int>(seed % 2) + static_cast<int>(seed % 79);
    if (classes == 4) continue;
    const quant::PackedModel model = faces ? OneLayer(64, seed).yunet() : OneLayer(64, seed).fastestdet(classes);
    ASSERT_EQ(kind_of(model), faces ? NetworkKind::yunet : NetworkKind::fastestdet);
    EXPECT_EQ(classes_of(model).size(), static_cast<size_t>(classes));
    std::mt19937 random(seed);
    std::vector<uint8_t> stored(quant::bytes_of_role(model, contract::kOutputTensor));
    for (uint8_t& value : stored) value = static_cast<uint8_t>(random());
    const quant::DecodeOptions options{seed % 3 == 0 ? 0.05F : 0.5F, 0.3F, seed % 5 == 0 ? 4u : 500u};
    const auto numbers = real_heads(model, stored);
    std::vector<quant::DetectorHead> heads = heads_of(model);
    for (size_t i = 0; i < heads.size(); ++i) heads[i].values = numbers[i];
    const auto expected =
        faces ? quant::decode_yunet(heads, options) : quant::decode_fastestdet(heads, 64, 64, options);
    const auto decoder = make_box_decoder(model, options);
    const auto found = decoder->decode(stored);
    ASSERT_EQ(found.size(), expected.size()) << seed;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].box, expected[i].box) << seed;
      EXPECT_EQ(found[i].score, expected[i].score) << seed;
      const tracking::ClassBelief belief = decoder->class_of(stored, found[i]);
      EXPECT_EQ(belief.classes, classes);
      EXPECT_EQ(belief.confidence, found[i].score);
      EXPECT_EQ(belief.best, found[i].object_class);
      const auto* weights = belief.log_weight.data();
      EXPECT_EQ(std::max_element(weights, weights + classes) - weights, belief.best) << seed;
    }
    boxes += found.size();
  }
  EXPECT_GT(boxes, 200u);
}

std::vector<uint8_t> noise(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> values(bytes);
  for (uint8_t& v : values) v = static_cast<uint8_t>(random());
  return values;
}

contract::ObjectRecord box_record(int left, int top, int width, int height) {
  contract::ObjectRecord o{};
  o.left = static_cast<uint16_t>(left);
  o.top = static_cast<uint16_t>(top);
  o.right = static_cast<uint16_t>(left + width - 1);
  o.bottom = static_cast<uint16_t>(top + height - 1);
  o.m00 = static_cast<uint32_t>(width * height);
  o.m10 = static_cast<uint64_t>(o.m00) * static_cast<uint64_t>(left + width / 2);
  o.m01 = static_cast<uint64_t>(o.m00) * static_cast<uint64_t>(top + height / 2);
  return o;
}

TEST(RoiClassifier, IsCropTableReferenceAndSoftmaxOneAfterTheOther) {
  quant::PackedModel model = OneLayer(28, 1).classifier(7);
  const std::vector<uint8_t> pixels = noise(100 * 100, 2);
  const FrameView frame{pixels.data(), 100, 100, 100, PixelFormat::grey8};
  std::vector<contract::ObjectRecord> objects;
  // More than the engine takes at a time.
  for (int i = 0; i < 700; ++i) objects.push_back(box_record(i * 7 % 80, i * 13 % 80, 1 + i % 19, 1 + i % 20));
  model.calibration = Calibration{2, 1e-6F, 100, -3};
  RoiClassifier classifier(model, {}, 8);
  std::vector<tracking::ClassBelief> names(objects.size());
  classifier.classify(frame, objects, names);
  RoiCropper cropper(resampler_for(model, 8), {});
  const InputTable table(model);
  std::vector<int> seen(7);
  int strange = 0;
  for (size_t i = 0; i < objects.size(); ++i) {
    std::vector<uint8_t> picture(28 * 28), input(28 * 28), output(7);
    cropper.crop(frame, objects[i], picture.data());
    table.apply(picture, input);
    run_reference(model, input, 1, output);
    const std::vector<float> logits = real_numbers(model, output);
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    std::vector<float> evidence = logits;
    const float confidence = to_evidence(*model.calibration, evidence);
    EXPECT_EQ(names[i].best, best);
    EXPECT_EQ(names[i].classes, 7);
    EXPECT_NEAR(names[i].confidence, confidence, 1e-5);
    EXPECT_EQ(names[i].doubt, model.calibration->doubt);
    for (size_t c = 0; c < 7; ++c) EXPECT_NEAR(names[i].log_weight[c], evidence[c], 1e-4);
    // To half a step of the stored scores.
    const float lead = score_strangeness(logits), step = output_scale(model);
    if (std::abs(lead - model.calibration->familiar) > step) {
      EXPECT_EQ(names[i].strange, lead > model.calibration->familiar);
    }
    strange += names[i].strange;
    ++seen[static_cast<size_t>(best)];
  }
  EXPECT_LT(*std::max_element(seen.begin(), seen.end()), 700) << "names of one class only prove little";
  EXPECT_GT(strange, 0);
  EXPECT_LT(strange, 700);
}

TEST(RoiNamer, LeavesTheDoubtfulUnnamed) {
  quant::PackedModel model = OneLayer(28, 3).classifier(5);
  model.calibration = Calibration{1, 1e-3F, 0, 0};
  const std::vector<uint8_t> pixels = noise(64 * 64, 4);
  const FrameView frame{pixels.data(), 64, 64, 64, PixelFormat::grey8};
  ObjectTable all, sure;
  for (int i = 0; i < 60; ++i) all.objects.push_back(box_record(i % 40, i * 3 % 40, 5 + i % 11, 5 + i % 9));
  sure.objects = all.objects;
  make_roi_namer(model, {}, 8, 0)->name(Frame(frame), all);
  make_roi_namer(model, {}, 8, 0.7F)->name(Frame(frame), sure);
  ASSERT_EQ(sure.names.size(), 60u);
  int unnamed = 0;
  for (size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(sure.names[i].best, all.names[i].confidence < 0.7F ? -1 : all.names[i].best);
    unnamed += sure.names[i].best < 0;
  }
  EXPECT_GT(unnamed, 0);
  EXPECT_LT(unnamed, 60);
  ObjectTable none;
  make_roi_namer(model, {}, 8, 0)->name(Frame(frame), none);
  EXPECT_TRUE(none.names.empty());
}

TEST(FrameDetector, BoxesAreTheNetworksInFramePixels) {
  const quant::PackedModel model = OneLayer(64, 5).cells(3, {ActivationType::signed8, 8, 0.05F});
  quant::DecodeOptions options;
  options.least_score = 0.3F;
  const std::vector<uint8_t> pixels = noise(64 * 64, 6);
  FrameDetector detector(model, options, 8);
  const auto found = detector.detect({pixels.data(), 64, 64, 64, PixelFormat::grey8});
  ASSERT_FALSE(found.empty());
  std::vector<uint8_t> input(pixels.size()), output(8 * 8 * 8);
  InputTable(model).apply(pixels, input);
  run_reference(model, input, 1, output);
  CellDecoder decoder(model, options);
  std::vector<quant::Detection> expected;
  for (quant::Detection d : decoder.decode(output)) {
    d.box = {std::max(d.box.left, 0.0F), std::max(d.box.top, 0.0F), std::min(d.box.right, 64.0F),
             std::min(d.box.bottom, 64.0F)};
    if (d.box.left < d.box.right && d.box.top < d.box.bottom) expected.push_back(d);  // others lie outside
  }
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].box, expected[i].box);
    const tracking::ClassBelief name = detector.name(i);
    EXPECT_EQ(name.best, found[i].object_class);
    EXPECT_EQ(name.confidence, found[i].score);
    EXPECT_EQ(std::max_element(name.log_weight.begin(), name.log_weight.begin() + 3) - name.log_weight.begin(),
              name.best);
  }
  // Twice as large in one direction: the same network input, boxes twice as wide.
  std::vector<uint8_t> wide(128 * 64);
  for (size_t i = 0; i < pixels.size(); ++i) wide[2 * i] = wide[2 * i + 1] = pixels[i];
  const std::vector<quant::Detection> narrow(found.begin(), found.end());
  const auto stretched = detector.detect({wide.data(), 128, 64, 128, PixelFormat::grey8});
  ASSERT_EQ(stretched.size(), narrow.size());
  for (size_t i = 0; i < narrow.size(); ++i) {
    EXPECT_FLOAT_EQ(stretched[i].box.left, 2 * narrow[i].box.left);
    EXPECT_FLOAT_EQ(stretched[i].box.right, 2 * narrow[i].box.right);
    EXPECT_FLOAT_EQ(stretched[i].box.top, narrow[i].box.top);
  }
}

TEST(DetectionDevice, RecordsAreTheMomentsOfTheirBoxes) {
  const quant::PackedModel model = OneLayer(64, 5).cells(3, {ActivationType::signed8, 8, 0.05F});
  const std::vector<uint8_t> pixels = noise(64 * 64, 6);
  const FrameView frame{pixels.data(), 64, 64, 64, PixelFormat::grey8};
  ObjectTable table;
  make_detection_device(model, {0.3F, 0.45F, 500}, 8, 1000)->process(Frame(frame), table);
  ASSERT_GT(table.objects.size(), 3u);
  ASSERT_EQ(table.names.size(), table.objects.size());
  EXPECT_EQ(table.summary.objects, table.objects.size());
  uint32_t last = 0;
  for (const contract::ObjectRecord& o : table.objects) {
    uint64_t n = 0, x1 = 0, y1 = 0, x2 = 0, xy = 0, y2 = 0;
    for (uint64_t y = o.top; y <= o.bottom; ++y) {
      for (uint64_t x = o.left; x <= o.right; ++x) {
        ++n;
        x1 += x;
        y1 += y;
        x2 += x * x;
        xy += x * y;
        y2 += y * y;
      }
    }
    EXPECT_EQ(o.m00, n);
    EXPECT_EQ(o.m10, x1);
    EXPECT_EQ(o.m01, y1);
    EXPECT_EQ(o.m20, x2);
    EXPECT_EQ(o.m11, xy);
    EXPECT_EQ(o.m02, y2);
    EXPECT_LT(o.right, 64);
    EXPECT_GE(o.first_pixel, last);
    last = o.first_pixel;
  }
  // The tracker sees the boxes: without shape, and as sure as the detector is, whatever they are named afterwards.
  std::vector<float> scores;
  for (const tracking::ClassBelief& name : table.names) scores.push_back(name.confidence);
  make_roi_namer(OneLayer(28, 3).classifier(5), {}, 8, 0)->name(Frame(frame), table);
  ASSERT_EQ(table.detections.size(), table.objects.size());
  for (size_t i = 0; i < table.detections.size(); ++i) {
    const tracking::Detection& seen = table.detections[i];
    const contract::ObjectRecord& o = table.objects[i];
    EXPECT_EQ(seen.x, (o.left + o.right) / 2.0);
    EXPECT_EQ(seen.y, (o.top + o.bottom) / 2.0);
    EXPECT_EQ(seen.box.left, o.left);
    EXPECT_EQ(seen.box.height, o.bottom - o.top + 1);
    EXPECT_EQ(seen.area, o.m00);
    EXPECT_EQ(seen.confidence, scores[i]);
    EXPECT_FALSE(seen.has_shape);
  }
  ObjectTable few;
  make_detection_device(model, {0.3F, 0.45F, 500}, 8, 2)->process(Frame(frame), few);
  EXPECT_EQ(few.objects.size(), 2u);
  EXPECT_EQ(few.summary.lost, table.objects.size() - 2);
}

TEST(DetectionNamer, AnObjectGetsTheNameOfTheDetectionThatCoversIt) {
  const quant::PackedModel model = OneLayer(64, 5).cells(3, {ActivationType::signed8, 8, 0.05F});
  const std::vector<uint8_t> pixels = noise(64 * 64, 6);
  const FrameView frame{pixels.data(), 64, 64, 64, PixelFormat::grey8};
  const quant::DecodeOptions options{0.3F, 0.2F, 500};
  ObjectTable boxes, table;
  make_detection_device(model, options, 8, 1000)->process(Frame(frame), boxes);
  table.objects = boxes.objects;
  make_detection_namer(model, options, 8)->name(Frame(frame), table);
  ASSERT_EQ(table.names.size(), boxes.names.size());
  int same = 0;
  for (size_t i = 0; i < table.names.size(); ++i) same += table.names[i].best == boxes.names[i].best;
  // Boxes of other classes may cover one another even better.
  EXPECT_GE(same * 10, static_cast<int>(table.names.size()) * 7);
  ObjectTable away;
  away.objects.push_back(box_record(0, 0, 64, 64));
  quant::DecodeOptions strict = options;
  strict.least_score = 0.9999F;
  make_detection_namer(model, strict, 8)->name(Frame(frame), away);
  EXPECT_EQ(away.names.at(0).best, -1);
}

TEST(Networks, OfTheWrongKindAreRefusedInOneLine) {
  const quant::PackedModel classifier = OneLayer(28, 1).classifier(4);
  const quant::PackedModel detector = OneLayer(64, 1).cells(2, {ActivationType::signed8, 8, 0.05F});
  EXPECT_EQ(kind_of(classifier), NetworkKind::classifier);
  EXPECT_EQ(kind_of(detector), NetworkKind::cell_detector);
  EXPECT_THROW(RoiClassifier(detector, {}, 8), Error);
  EXPECT_THROW(FrameDetector(classifier, {}, 8), Error);
  quant::PackedModel unnamed = classifier;
  unnamed.class_names.clear();
  EXPECT_THAT(classes_of(unnamed), testing::ElementsAre("0", "1", "2", "3"));
  unnamed.class_names = {"one"};
  EXPECT_THROW(classes_of(unnamed), Error);
  EXPECT_THROW(classes_of(OneLayer(28, 1).classifier(tracking::kMaxClasses + 1)), Error);
  EXPECT_THROW(FrameDetector(OneLayer(64, 1).fastestdet(tracking::kMaxClasses + 1), {}, 8), Error);
  quant::PackedModel colour = classifier;
  colour.preprocessing.channels = quant::Preprocessing::Channels::rgb;
  EXPECT_THROW(RoiClassifier(colour, {}, 8), Error);
  EXPECT_THROW(read_network("/nonexistent.fcnn"), Error);
}

}  // namespace
}  // namespace flashcell::host
