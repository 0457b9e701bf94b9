// Once it is built an engine allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "host/cnn/engine/engine.hpp"
#include "tests/support/random_model.hpp"

namespace {
std::atomic<long> allocations{0};
}

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace flashcell::host {
namespace {

TEST(CnnAllocation, RunsAllocateNothing) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const quant::PackedModel model = test::random_model(seed);
    const std::vector<uint8_t> inputs = test::random_inputs(model, 9, seed);
    for (const cnn::Target target : cnn::supported_targets()) {
      Engine engine(model, target);
      std::vector<uint8_t> outputs(9 * engine.output_bytes());
      const long before = allocations;
      engine.run(inputs, 9, outputs);
      EXPECT_EQ(allocations - before, 0) << model.name << " on " << cnn::name_of(target);
    }
  }
  EXPECT_GT(allocations, 0);
}

}  // namespace
}  // namespace flashcell::host
