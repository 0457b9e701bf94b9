// What the labellers refuse, what they never do (allocate), and which objects stay when a table is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/error.hpp"
#include "host/label/aligned_array.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "tests/support/masks.hpp"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

// Not inlined: the compiler would take the malloc inside for a mismatch with delete.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  ++allocations;
  const size_t unit = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::LabelParameters;
using ::testing::HasSubstr;

LabelParameters small_frame() {
  LabelParameters p;
  p.width = 100;
  p.height = 60;
  return p;
}

std::string refusal(const LabelParameters& parameters) {
  std::string first;
  for (const auto make : {make_reference_labeller, make_fast_labeller}) {
    try {
      make(parameters);
      return "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::usage);
      if (!first.empty()) {
        EXPECT_EQ(first, error.what());
      }
      first = error.what();
    }
  }
  return first;
}

TEST(LabelChecks, ParametersOutOfRangeAreNamed) {
  EXPECT_EQ(refusal(small_frame()), "accepted");
  LabelParameters p = small_frame();
  p.width = 0;
  EXPECT_THAT(refusal(p), HasSubstr("width is 0"));
  p = small_frame();
  p.height = 4097;
  EXPECT_THAT(refusal(p), HasSubstr("height is 4097, but must be 1..4096"));
  p = small_frame();
  p.max_objects = 0;
  EXPECT_THAT(refusal(p), HasSubstr("max_objects"));
  p = small_frame();
  p.min_area = 9;
  p.max_area = 8;
  EXPECT_THAT(refusal(p), HasSubstr("max_area"));
  p = small_frame();
  p.min_cell_pixels = 65;
  EXPECT_THAT(refusal(p), HasSubstr("min_cell_pixels"));
  p = small_frame();
  p.connectivity = static_cast<Connectivity>(3);
  EXPECT_THAT(refusal(p), HasSubstr("connectivity"));
  p = small_frame();
  p.features = 8;
  EXPECT_THAT(refusal(p), HasSubstr("features"));
}

TEST(LabelChecks, InputThatDoesNotFitIsRefused) {
  LabelParameters p = small_frame();
  p.features = contract::kFeatureHue;
  const std::vector<uint8_t> grey(100 * 60);
  const FrameView grey_view{grey.data(), 100, 60, 100, PixelFormat::grey8};
  for (const auto make : {make_reference_labeller, make_fast_labeller}) {
    const auto labeller = make(p);
    ObjectTable table;
    EXPECT_THROW(labeller->label(BitImage(101, 60), grey_view, 0, table), Error);
    EXPECT_THROW(labeller->label(BitImage(100, 60), FrameView{}, 0, table), Error);
    EXPECT_THROW(labeller->label(BitImage(100, 60), grey_view, 0, table), Error);
    EXPECT_THROW(labeller->label(BitImage(100, 60), grey_view, contract::kMaxColourClasses, table), Error);
  }
}

TEST(LabelChecks, NothingIsAllocatedAfterConstruction) {
  const BitImage frames[] = {test::discs(200, 150, 8, 10, 1), test::noise(200, 150, 0.5, 2),
                             test::noise(200, 150, 0.05, 3)};
  const std::vector<uint8_t> rgb(200 * 150 * 3, 77);
  const FrameView view{rgb.data(), 200, 150, 600, PixelFormat::rgb8};
  for (const Connectivity connectivity : {Connectivity::cell, Connectivity::exact8, Connectivity::exact4}) {
    LabelParameters p;
    p.width = 200;
    p.height = 150;
    p.max_objects = 100;
    p.connectivity = connectivity;
    p.features = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
    const auto labeller = make_fast_labeller(p);
    ObjectTable table;
    table.reserve(p);
    const size_t before = allocations;
    for (const BitImage& frame : frames) {
      table.clear();
      labeller->label(frame, view, 0, table);
    }
    EXPECT_EQ(allocations - before, 0u);
    if (connectivity != Connectivity::cell) {
      EXPECT_GT(table.summary.lost, 0u) << "the last frame is to overflow";
    }
  }
}

TEST(AlignedArray, NoMemoryIsAnError) {
  EXPECT_THROW(aligned_array<uint64_t>(size_t{1} << 50), std::bad_alloc);
}

// Objects by the row of cells where they end, then first pixel; what is kept is in order of first pixel again.
TEST(ObjectSelection, KeepsWhatIsCompleteFirst) {
  const std::vector<Candidate> all = {{10, 0, 30}, {20, 1, 5}, {30, 2, 7}, {40, 3, 16}, {50, 4, 15}, {60, 5, 8}};
  const auto keep = [&](uint32_t capacity) {
    std::vector<Candidate> candidates(all.rbegin(), all.rend());
    ObjectTable table;
    candidates.resize(select_objects(candidates, capacity, table));
    EXPECT_EQ(table.summary.lost, all.size() - candidates.size());
    std::vector<uint32_t> kept;
    for (const Candidate& c : candidates) kept.push_back(c.index);
    return kept;
  };
  EXPECT_EQ(keep(6), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(keep(5), (std::vector<uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(keep(3), (std::vector<uint32_t>{1, 2, 4}));
  EXPECT_EQ(keep(1), (std::vector<uint32_t>{1}));
}

}  // namespace
}  // namespace flashcell::host
