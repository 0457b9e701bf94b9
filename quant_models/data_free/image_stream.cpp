#include "quant_models/data_free/image_stream.hpp"

#include <cstring>
#include <numeric>

#include "quant_models/random.hpp"

namespace flashcell::quant {
namespace {

enum Place : uint64_t { kOrder, kImage };  // of random numbers

at::Tensor moved(const at::Tensor& image, Random& random) {
  const auto shift = [&](int64_t side) {
    const int64_t most = side / 16;
    return static_cast<int64_t>(random.below(static_cast<uint64_t>(2 * most + 1))) - most;
  };
  const int64_t rows = shift(image.size(1)), columns = shift(image.size(2));
  const at::Tensor rolled = at::roll(image, {rows, columns}, {1, 2});
  return random.next() >> 63 != 0 ? rolled.flip({2}) : rolled;
}

}  // namespace

MixedImages::MixedImages(const DrawnImages& images, const Shape& shape, int64_t batch, uint64_t seed)
    : images_(at::empty({images.count, shape.at(1), shape.at(2), shape.at(3)}, at::kFloat)),
      batch_(batch),
      seed_(seed) {
  std::memcpy(images_.data_ptr<float>(), images.values.data(), images.values.size() * sizeof(float));
}

// The image at a place of an endless row in which each round has every image once, in an order of its own.
int64_t MixedImages::index(int64_t place) const {
  const auto count = static_cast<uint64_t>(images_.size(0));
  const uint64_t round = static_cast<uint64_t>(place) / count;
  uint64_t i = static_cast<uint64_t>(place) % count;
  // A stride without a common divisor visits each once.
  Random random(seed_, {kOrder, round});
  const uint64_t start = random.below(count);
  uint64_t stride = 1 + random.below(count);
  while (std::gcd(stride, count) != 1) ++stride;
  return static_cast<int64_t>((start + i * stride) % count);
}

at::Tensor MixedImages::images(int64_t step, size_t part, size_t parts) const {
  const auto at = [&](size_t p) { return batch_ * static_cast<int64_t>(p) / static_cast<int64_t>(parts); };
  std::vector<at::Tensor> mixed;
  for (int64_t place = step * batch_ + at(part); place < step * batch_ + at(part + 1); ++place) {
    Random random(seed_, {kImage, static_cast<uint64_t>(place)});
    const int64_t other = static_cast<int64_t>(random.below(static_cast<uint64_t>(images_.size(0))));
    const double share = random.uniform();
    const at::Tensor a = moved(images_[index(place)], random), b = moved(images_[other], random);
    mixed.push_back(share * a + (1 - share) * b);
  }
  return at::stack(mixed);
}

}  // namespace flashcell::quant
