#include "quant_models/recurrent/sequence_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "quant_models/data/numpy_output.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

template <class Call>
std::string complaint_of(Call call) {
  try {
    call();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

TEST(Nmnist, EventsAreReadBitByBit) {
  const std::vector<uint8_t> file = {3, 33, 0x81, 0x02, 0x03, 0, 1, 0x00, 0x00, 0x07};
  const std::vector<AddressEvent> events = parse_nmnist(file, "x");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (AddressEvent{3, 33, true, 0x010203}));
  EXPECT_EQ(events[1], (AddressEvent{0, 1, false, 7}));
  EXPECT_THAT(complaint_of([&] { parse_nmnist(std::span(file).first(7), "cut.bs2"); }), HasSubstr("cut.bs2: 7 bytes"));
  const std::vector<uint8_t> large = {40, 3, 0, 0, 0};
  EXPECT_THAT(complaint_of([&] { parse_nmnist(large, "l.bs2"); }), HasSubstr("another sensor"));
}

TEST(Nmnist, BinsArePooledByTheirLargest) {
  EventBins bins{4, 2, 1000, 2};
  const std::vector<AddressEvent> events = {
      {0, 0, false, 10}, {1, 1, false, 20}, {3, 0, true, 1500}, {3, 3, true, 2000}};
  const std::vector<uint8_t> values = bin_events(events, bins);
  std::vector<uint8_t> expected(16);
  expected[0] = 1;          // bin 0, darker, row 0, column 0: two events
  expected[8 + 4 + 1] = 1;  // bin 1, brighter, row 0, column 1; the last event is behind the last bin
  EXPECT_EQ(values, expected);
}

TEST(Nmnist, RealSaccadesAreRead) {
  FLASHCELL_NEEDS_DATA("event/nmnist_1100.tar.gz");
  const SequenceSet set =
      read_sequences((test::data_dir() / "event/nmnist_1100.tar.gz").string(), SequenceFormat::nmnist);
  EXPECT_EQ(set.train.count, 1000);
  EXPECT_EQ(set.test.count, 100);
  EXPECT_EQ(set.names.size(), 10U);
  EXPECT_EQ(set.train.labels.at(0), 5);
  EXPECT_EQ(set.train.inputs, 2 * 17 * 17);
}

NumpyArray bytes_array(Shape shape, std::vector<uint8_t> bytes) {
  return {"u1", std::move(shape), std::move(bytes)};
}

// Two classes: which of two inputs comes first.
SequenceSet first_one(int64_t count) {
  SequenceSet set;
  set.names = {"left", "right"};
  for (Sequences* s : {&set.train, &set.test}) {
    s->count = count;
    s->steps = 6;
    s->inputs = 2;
    Random random(s == &set.train ? 1 : 2, {});
    for (int64_t i = 0; i < count; ++i) {
      const auto right = static_cast<int32_t>(random.below(2));
      const uint64_t at = 1 + random.below(2);
      for (uint64_t t = 0; t < 6; ++t)
        for (int32_t k = 0; k < 2; ++k) s->values.push_back(t == at + (k == right ? 0 : 2) ? 1 : 0);
      s->labels.push_back(right);
    }
  }
  return set;
}

// Two classes: whether a spot goes to the right or down, from anywhere.
SequenceSet moving_spots(int64_t count) {
  constexpr int kSide = 8, kSteps = 4;
  SequenceSet set;
  set.names = {"right", "down"};
  set.planes = 2;
  set.side = kSide;
  for (Sequences* s : {&set.train, &set.test}) {
    *s = {count, kSteps, 2 * kSide * kSide, {}, {}, 1};
    Random random(s == &set.train ? 1 : 2, {3});
    for (int64_t i = 0; i < count; ++i) {
      const auto down = static_cast<int32_t>(random.below(2));
      const auto row = static_cast<int>(random.below(4)), column = static_cast<int>(random.below(4));
      for (int t = 0; t < kSteps; ++t) {
        const size_t first = s->values.size();
        s->values.resize(first + static_cast<size_t>(s->inputs));
        s->values[first + static_cast<size_t>((row + (down == 1 ? t : 0)) * kSide + column + (down == 1 ? 0 : t))] = 1;
      }
      s->labels.push_back(down);
    }
  }
  return set;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("flashcell_sequences_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

SequenceOptions options(const fs::path& output) {
  SequenceOptions o;
  o.output = output.string();
  o.hidden = {16, 8};
  o.epochs = 12;
  o.batch = 16;
  o.learning_rate = 1e-2;
  o.threshold_mean = 0.1;
  o.format = SequenceFormat::tensors;
  return o;
}

SequenceRun train(const SequenceSet& set, const SequenceOptions& o, int64_t stop_at = INT64_MAX) {
  std::atomic<bool> stop{false};
  return train_sequences(set, o, stop, [&](const SequenceProgress& p) { stop = p.step >= stop_at; });
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SequenceModel, LearnsAnOrderInTime) {
  const Folder folder;
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    SequenceOptions o = options(folder.path / name_in(kCellNames, cell));
    o.cell = cell;
    const SequenceRun run = train(first_one(400), o);
    EXPECT_GT(run.figures.accuracy, 0.95) << name_in(kCellNames, cell);
    EXPECT_EQ(read_network((fs::path(o.output) / "network.npz").string()), run.network);
  }
}

TEST(SequenceModel, StoppedRunsGoOnToTheSameBytes) {
  const Folder folder;
  SequenceOptions whole = options(folder.path / "whole"), parts = options(folder.path / "parts");
  whole.epochs = parts.epochs = 2;
  whole.trainer.threads = 2;
  const SequenceSet set = first_one(100);
  train(set, whole);
  EXPECT_FALSE(train(set, parts, 7).finished);
  EXPECT_TRUE(train(set, parts).finished);
  for (const char* file : {"network.npz", "metrics.json"})
    EXPECT_EQ(bytes_of(folder.path / "parts" / file), bytes_of(folder.path / "whole" / file));
  parts.hidden = {9};
  EXPECT_THAT(complaint_of([&] { train(set, parts); }), HasSubstr("belongs to another"));
}

TEST(SequenceModel, TensorsAreReadAndChecked) {
  const auto parse = [](const std::vector<std::pair<std::string, NumpyArray>>& arrays) {
    const std::string file = npz_bytes(arrays);
    return parse_tensors({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "t.npz");
  };
  std::vector<std::pair<std::string, NumpyArray>> arrays = {
      {"train_values", bytes_array({2, 3, 2, 2}, std::vector<uint8_t>(24, 1))},
      {"train_labels", bytes_array({2}, {0, 4})},
      {"test_values", bytes_array({1, 3, 2, 2}, std::vector<uint8_t>(12, 1))},
      {"test_labels", bytes_array({1}, {2})}};
  const SequenceSet set = parse(arrays);
  EXPECT_EQ(set.train.inputs, 4);
  EXPECT_EQ(set.train.steps, 3);
  EXPECT_EQ(set.names.size(), 5U);
  arrays[3].second = bytes_array({2}, {1, 1});
  EXPECT_THAT(complaint_of([&] { parse(arrays); }), HasSubstr("t.npz: test_values and test_labels"));
  arrays.pop_back();
  EXPECT_THAT(complaint_of([&] { parse(arrays); }), HasSubstr("has no test_values and test_labels"));
}

TEST(SequenceTraining, AHeadOfConvolutionsLearnsTheSameBytesWithAnyNumberOfThreads) {
  const Folder folder;
  const SequenceSet set = moving_spots(160);
  SequenceOptions o = options(folder.path / "one");
  o.format = SequenceFormat::nmnist;
  o.head = {6, 8};
  const SequenceRun one = train(set, o);
  EXPECT_GT(one.figures.accuracy, 0.8);
  EXPECT_GT(one.figures.head_macs, 0);
  EXPECT_LT(one.figures.head_macs, 0.5 * one.figures.dense_head_macs);
  EXPECT_EQ(one.network.inputs(), 8 * 2 * 2);
  o.output = (folder.path / "three").string();
  o.trainer.threads = 3;
  EXPECT_EQ(train(set, o).network, one.network);
  SequenceSet flat = set;
  flat.side = 0;
  EXPECT_THAT(complaint_of([&] { train(flat, o); }), HasSubstr("--head"));
}

}  // namespace
}  // namespace flashcell::quant
