// A launch of a dataflow region allocates nothing once stacks and streams are there. Counts every allocation of this
// program.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "kernels_hls/common/hls.hpp"

namespace {
std::atomic<int64_t> allocations{0};
}

[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace {

using Stream = hls::stream<int>;

void count(int n, Stream& out) {
  for (int i = 0; i < n; ++i) out.write(i);
}
void twice(int n, Stream& in, Stream& out) {
  for (int i = 0; i < n; ++i) out.write(2 * in.read());
}
void rows(int n, Stream& in, Stream& out) {
  for (int row = 0; row < n; ++row) {
    hls::stream<int, 4> local("local");
    FLASHCELL_DATAFLOW(row)
    FLASHCELL_STAGE(twice(20, in, local));
    FLASHCELL_STAGE(twice(20, local, out));
    FLASHCELL_DATAFLOW_END
  }
}

TEST(DataflowAllocation, NoneAfterTheFirstLaunch) {
  hls::stream<int, 4> numbers("numbers"), middle("middle");
  Stream out("out");
  const auto launch = [&] {
    FLASHCELL_DATAFLOW(launch)
    FLASHCELL_STAGE(twice(200, numbers, middle));
    FLASHCELL_STAGE(rows(10, middle, out));
    FLASHCELL_STAGE(count(200, numbers));
    FLASHCELL_DATAFLOW_END
    while (!out.empty()) out.read();
  };
  launch();
  const int64_t before = allocations;
  ASSERT_GT(before, 0);
  for (int i = 0; i < 10; ++i) launch();
  EXPECT_EQ(allocations, before);
}

}  // namespace
