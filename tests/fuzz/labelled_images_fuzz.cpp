// Any bytes as MNIST's pair of files, cut in two by the first two bytes, and as CIFAR-10's records.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "quant_models/data/mnist.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

namespace {

void check(const flashcell::quant::LabelledImages& images) {
  const auto pixels = static_cast<uint64_t>(images.count) * static_cast<uint64_t>(images.channels) *
                      static_cast<uint64_t>(images.rows) * static_cast<uint64_t>(images.columns);
  if (images.pixels.size() != pixels || images.labels.size() != static_cast<uint64_t>(images.count)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  if (size < 2) return 0;
  const size_t cut = std::min<size_t>(size, 2 + (data[0] | size_t{data[1]} << 8));
  fuzz::must_parse_or_blame_the_input([&] {
    check(quant::parse_mnist({data + 2, data + cut}, "images", {data + cut, data + size}, "labels"));
  });
  fuzz::must_parse_or_blame_the_input([&] { check(quant::parse_cifar10({data, size}, "fuzz.bin")); });
  return 0;
}
