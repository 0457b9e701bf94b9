#include "tests/support/random_layers.hpp"

#include <cmath>

namespace flashcell::test {
namespace {

using namespace contract;
using quant::Extents;
using Tensor = quant::ModelBuilder::Tensor;

constexpr uint64_t kMostValues = 20000;  // of one output

/// One kind a function; `made_` collects what they add.
class Newer {
 public:
  Newer(LayerDraws& random, quant::ModelBuilder& builder, Tensor in, Tensor second)
      : random_(random), builder_(builder), in_(in), second_(second), shape_(builder.tensor(in)) {}

  std::vector<NewLayer> make() {
    switch (random_.between(0, 14)) {
      case 0:
        channel_mean();
        break;
      case 1:
        multiply();
        break;
      case 2:
        broadcast_add();
        break;
      case 3:
        product();
        break;
      case 4:
        attention();
        break;
      case 5:
        linear_upsample();
        break;
      case 6:
        layer_norm();
        break;
      case 7:
        softmax();
        break;
      case 8:
        gelu();
        break;
      case 9:
        table();
        break;
      case 10:
        transposed();
        break;
      case 11:
        gather();
        break;
      case 12:
        pad();
        break;
      case 13:
        constant();
        break;
      default:
        stacked();
    }
    return std::move(made_);
  }

 private:
  void add(Tensor tensor, const std::vector<Tensor>& reads) {
    made_.emplace_back();
    made_.back().tensor = tensor;
    made_.back().reads = reads;
  }
  int64_t reach(const TensorDescriptor& t) {
    return std::max(highest(t.type, t.bits) - t.zero_point, t.zero_point - lowest(t.type, t.bits));
  }
  Extents extents() { return {shape_.height, shape_.width, shape_.channels}; }

  std::vector<int32_t> numbers(size_t count, const quant::ActivationFormat& format) {
    std::vector<int32_t> values(count);
    for (int32_t& value : values)
      value = random_.between(lowest(format.type, format.bits), highest(format.type, format.bits));
    return values;
  }
  Tensor constant_of(const Extents& e) {
    const quant::ActivationFormat format = random_.format();
    const Tensor made =
        builder_.constant("constant", e, numbers(static_cast<size_t>(e.height * e.width * e.channels), format), format);
    add(made, {});
    return made;
  }

  void channel_mean() {
    add(builder_.channel_mean("channel mean", in_,
                              random_.scale(static_cast<double>(reach(shape_)) * shape_.channels / 2), random_.format(),
                              random_.clamp()),
        {in_});
  }

  /// The tensor's own shape, one pixel of it, or one channel.
  Tensor partner() {
    Extents e = extents();
    const int style = random_.between(0, 2);
    if (style == 1) e.height = e.width = 1;
    if (style == 2) e.channels = 1;
    return style == 0 && random_.chance(50) ? in_ : constant_of(e);
  }

  void multiply() {
    const Tensor other = partner();
    const double most = static_cast<double>(reach(shape_)) * static_cast<double>(reach(builder_.tensor(other)));
    if (most >= 0x1p31) return;
    add(builder_.multiply("multiply", in_, other, random_.scale(most / 4), random_.format(), random_.clamp()),
        {in_, other});
  }

  void broadcast_add() {
    const Tensor inputs[] = {in_, partner()};
    const bool wide = shape_.bits > 8 || builder_.tensor(inputs[1]).bits > 8;
    Requantization scales[2];
    for (Requantization& scale : scales)
      scale = wide ? quant::dyadic_for(random_.real(0.01, 1.9)) : quant::requantization_for(random_.real(0.05, 1.9));
    add(builder_.add("add", inputs, scales, random_.between(0, 3), random_.format(), random_.clamp()),
        {inputs[0], inputs[1]});
  }

  /// Any strides that stay inside, zeros among them.
  Strides strides_inside(uint64_t values, const int (&counts)[4]) {
    uint64_t left = values - 1;
    uint32_t strides[4];
    for (int i = 0; i < 4; ++i) {
      const uint64_t most = counts[i] == 1 ? 5 : left / static_cast<uint64_t>(counts[i] - 1);
      strides[i] = static_cast<uint32_t>(random_.between(0, static_cast<int>(std::min<uint64_t>(most, 5000))));
      if (counts[i] > 1) left -= strides[i] * static_cast<uint64_t>(counts[i] - 1);
    }
    const auto first = static_cast<uint32_t>(random_.between(0, static_cast<int>(left)));
    return {first, strides[0], strides[1], strides[2], strides[3]};
  }
  /// An output in a random order of its sides.
  static Strides filling(const int (&counts)[4], int rotation) {
    uint32_t strides[4], next = 1;
    for (int i = 0; i < 4; ++i) {
      const int side = (i + rotation) % 4;
      strides[side] = next;
      next *= static_cast<uint32_t>(counts[side]);
    }
    return {0, strides[0], strides[1], strides[2], strides[3]};
  }

  void product() {
    quant::ProductPlaces p;
    p.outer = random_.between(1, 3), p.inner = random_.between(1, 3);
    p.rows = random_.between(1, 9), p.columns = random_.between(1, 9), p.depth = random_.between(1, 20);
    const double most = static_cast<double>(reach(shape_)) * static_cast<double>(reach(builder_.tensor(second_)));
    if (most * p.depth >= 0x1p31) return;
    p.first = strides_inside(quant::values_of(shape_), {p.outer, p.inner, p.rows, p.depth});
    p.second = strides_inside(quant::values_of(builder_.tensor(second_)), {p.outer, p.inner, p.depth, p.columns});
    p.output = filling({p.outer, p.inner, p.rows, p.columns}, random_.between(0, 3));
    const Extents output = {p.outer * p.inner, p.rows, p.columns};
    add(builder_.product("product", in_, second_, p, output, random_.dyadic(most / 4 * std::sqrt(p.depth)),
                         random_.format(), random_.clamp()),
        {in_, second_});
  }

  /// Pixels against pixels: channels are heads and depth.
  void attention() {
    const int tokens = shape_.height * shape_.width;
    const double most = static_cast<double>(reach(shape_)) * static_cast<double>(reach(shape_));
    if (tokens > 60 || shape_.channels % 2 != 0 || most * shape_.channels / 2 >= 0x1p31) return;
    quant::ProductPlaces p;
    p.inner = 2, p.rows = p.columns = tokens, p.depth = shape_.channels / 2;
    const auto all = static_cast<uint32_t>(shape_.channels), half = static_cast<uint32_t>(p.depth),
               side = static_cast<uint32_t>(tokens);
    p.first = {0, 0, half, all, 1};
    p.second = {0, 0, half, 1, all};
    p.output = {0, 0, side * side, side, 1};
    add(builder_.product("attention", in_, in_, p, {2, tokens, tokens}, random_.dyadic(most / 4 * std::sqrt(p.depth)),
                         random_.format(), random_.clamp()),
        {in_});
  }

  void linear_upsample() {
    const int rows = random_.between(1, 4), columns = random_.between(1, 4);
    if (quant::values_of(shape_) * static_cast<uint64_t>(rows * columns) > kMostValues || shape_.height > 12 ||
        shape_.width > 12)
      return;
    add(builder_.linear_upsample("linear upsample", in_, rows, columns,
                                 random_.scale(static_cast<double>(reach(shape_)) * rows * columns * 2),
                                 random_.format(), random_.clamp()),
        {in_});
  }

  void layer_norm() {
    std::vector<ChannelParameters> parameters;
    for (int i = 0; i < shape_.channels; ++i) {
      const int bits = random_.between(16, 31);
      const double factor = random_.real(-100, 100) * 0x1p-30 * std::sqrt(shape_.channels);
      parameters.push_back({random_.between(INT32_MIN / 2, INT32_MAX / 2), quant::dyadic_for(factor, bits)});
    }
    add(builder_.layer_norm("layer norm", in_, parameters,
                            random_.between(0, std::min(kMaxValueBits - shape_.bits, kMaxFractionBits)),
                            random_.format(), random_.clamp()),
        {in_});
  }

  int unit(int most) { return random_.chance(10) ? -random_.between(1, most) : -random_.between(2, 120); }

  void softmax() {
    quant::ActivationFormat format = random_.format();
    format.zero_point = 0;
    add(builder_.softmax("softmax", in_, unit(kMaxSoftmaxUnit), random_.between(1, kMaxSoftmaxBits), format), {in_});
  }

  void gelu() {
    add(builder_.gelu("gelu", in_, unit(kMaxGeluUnit), random_.dyadic(static_cast<double>(reach(shape_)) * 64),
                      random_.format(), random_.clamp()),
        {in_});
  }

  void table() {
    if (shape_.bits > 8) return;
    const quant::ActivationFormat format = random_.format();
    const size_t entries = size_t{1} << shape_.bits;
    add(builder_.table("table", in_, numbers(entries * (random_.chance(50) ? 1 : shape_.channels), format), format),
        {in_});
  }

  /// Channels before pixels; or any places at all.
  void transposed() {
    if (random_.chance(50)) {
      quant::MovePlaces p;
      p.rows = shape_.height * shape_.width, p.columns = shape_.channels;
      p.input = {0, 0, 0, static_cast<uint32_t>(p.columns), 1};
      p.output = {0, 0, 0, 1, static_cast<uint32_t>(p.rows)};
      if (p.rows > kMaxTensorChannels) return;
      add(builder_.move("transpose", in_, p, {1, p.columns, p.rows}), {in_});
      return;
    }
    const int counts[4] = {random_.between(1, 4), random_.between(1, 4), random_.between(1, 9), random_.between(1, 9)};
    quant::MovePlaces p = {counts[0], counts[1], counts[2], counts[3], {}, {}};
    p.input = strides_inside(quant::values_of(shape_), counts);
    p.output = filling(counts, random_.between(0, 3));
    add(builder_.move("move", in_, p, {counts[0], counts[1], counts[2] * counts[3]}), {in_});
  }

  void gather() {
    const int run = random_.chance(50) ? shape_.channels : 1;
    const int runs = random_.between(1, 40), sources = static_cast<int>(quant::values_of(shape_)) / run;
    std::vector<int32_t> from(static_cast<size_t>(runs));
    for (int32_t& each : from) each = random_.between(-1, sources - 1);
    add(builder_.gather("gather", in_, from, run, {1, runs, run}), {in_});
  }

  void pad() {
    if (shape_.height > 12 || shape_.width > 12) return;
    const int value = random_.between(lowest(shape_.type, shape_.bits), highest(shape_.type, shape_.bits));
    add(builder_.pad("pad", in_, random_.between(0, 3), random_.between(0, 3), random_.between(0, 3),
                     random_.between(0, 3), value),
        {in_});
  }

  void constant() {
    Extents e;
    e.height = random_.between(1, 4), e.width = random_.between(1, 4), e.channels = random_.between(1, 8);
    constant_of(e);
  }

  /// Rows or columns of another tensor behind those of this one.
  void stacked() {
    const bool rows = random_.chance(50);
    Extents e = extents();
    (rows ? e.height : e.width) = random_.between(1, 3);
    if (quant::values_of(shape_) > kMostValues || shape_.height > 20 || shape_.width > 20) return;
    const Tensor behind = constant_of(e);
    const Tensor inputs[] = {in_, behind, in_};
    std::vector<Requantization> scales;
    for (const Tensor input : inputs)
      scales.push_back(random_.scale(static_cast<double>(reach(builder_.tensor(input)))));
    add(builder_.concat("stack", inputs, scales, random_.format(), random_.clamp(), rows ? Axis::rows : Axis::columns),
        {in_, behind});
  }

  LayerDraws& random_;
  quant::ModelBuilder& builder_;
  const Tensor in_, second_;
  const TensorDescriptor shape_;
  std::vector<NewLayer> made_;
};

}  // namespace

std::vector<NewLayer> random_newer_layers(LayerDraws& random, quant::ModelBuilder& builder,
                                          quant::ModelBuilder::Tensor in, quant::ModelBuilder::Tensor second) {
  return Newer(random, builder, in, second).make();
}

}  // namespace flashcell::test
