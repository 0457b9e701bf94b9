#include "quant_models/onnx/tensor_data.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
namespace {

using onnx_file::TensorProto;

static_assert(std::endian::native == std::endian::little, "raw_data is little endian");

int64_t count_of(const TensorProto& proto) {
  if (static_cast<size_t>(proto.dims_size()) > kMaxRank)
    throw ModelError("it has more than " + std::to_string(kMaxRank) + " dimensions");
  int64_t count = 1;
  for (const int64_t extent : proto.dims()) {
    if (extent < 0 || (extent > 0 && count > kMaxElements / extent)) throw ModelError("its size is out of range");
    count *= extent;
  }
  return count;
}

size_t width_of(int data_type) {
  switch (data_type) {
    case kUint8:
    case kInt8:
    case kBool:
      return 1;
    case kUint16:
    case kInt16:
    case kFloat16:
      return 2;
    case kFloat:
    case kInt32:
      return 4;
    case kInt64:
    case kDouble:
      return 8;
    default:
      throw ModelError("its numbers are of type " + name_of_type(data_type) +
                       "; supported are float, float16, double and integers of up to 64 bits");
  }
}

float half_to_float(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction != 0 ? std::nanf("") : sign * HUGE_VALF;
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25));
}

// Numbers of type Stored, one after the other, as Number.
template <class Stored, class Number>
void convert(const std::string& raw, std::vector<Number>& numbers) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, raw.data() + i * sizeof(Stored), sizeof(Stored));
    numbers[i] = static_cast<Number>(stored);
  }
}

void read_raw(const std::string& raw, Known& known) {
  switch (known.data_type) {
    case kFloat:
      return convert<float>(raw, known.reals);
    case kDouble:
      return convert<double>(raw, known.reals);
    case kFloat16: {
      std::vector<uint16_t> halves(known.reals.size());
      convert<uint16_t>(raw, halves);
      for (size_t i = 0; i < halves.size(); ++i) known.reals[i] = half_to_float(halves[i]);
      return;
    }
    case kUint8:
    case kBool:
      return convert<uint8_t>(raw, known.integers);
    case kInt8:
      return convert<int8_t>(raw, known.integers);
    case kUint16:
      return convert<uint16_t>(raw, known.integers);
    case kInt16:
      return convert<int16_t>(raw, known.integers);
    case kInt32:
      return convert<int32_t>(raw, known.integers);
    default:
      return convert<int64_t>(raw, known.integers);
  }
}

// Numbers from the typed field that holds this data type.
template <class Field, class Number>
void copy_field(const Field& field, std::vector<Number>& numbers) {
  if (static_cast<size_t>(field.size()) != numbers.size())
    throw ModelError("it holds " + std::to_string(field.size()) + " numbers, its dimensions say " +
                     std::to_string(numbers.size()));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<Number>(field[static_cast<int>(i)]);
}

void read_fields(const TensorProto& proto, Known& known) {
  if (known.data_type == kFloat) return copy_field(proto.float_data(), known.reals);
  if (known.data_type == kDouble) return copy_field(proto.double_data(), known.reals);
  if (known.data_type == kInt64) return copy_field(proto.int64_data(), known.integers);
  if (known.data_type != kFloat16) return copy_field(proto.int32_data(), known.integers);
  copy_field(proto.int32_data(), known.reals);
  for (float& real : known.reals) {
    if (real < 0 || real > 65535) throw ModelError("a float16 number is out of range");
    real = half_to_float(static_cast<uint16_t>(real));
  }
}

template <class Stored, class Number>
std::string raw_bytes(const std::vector<Number>& numbers) {
  std::string raw(numbers.size() * sizeof(Stored), '\0');
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto stored = static_cast<Stored>(numbers[i]);
    std::memcpy(raw.data() + i * sizeof(Stored), &stored, sizeof(Stored));
  }
  return raw;
}

TensorProto header(const std::string& name, const Shape& shape, int data_type) {
  TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(data_type);
  for (const int64_t extent : shape) proto.add_dims(extent);
  return proto;
}

}  // namespace

void require_numbers(int data_type) {
  width_of(data_type);
}

int64_t lowest_of(int data_type) {
  return data_type == kInt8 ? INT8_MIN : data_type == kInt16 ? INT16_MIN : data_type == kInt32 ? INT32_MIN : 0;
}

int64_t highest_of(int data_type) {
  switch (data_type) {
    case kUint8:
      return UINT8_MAX;
    case kInt8:
      return INT8_MAX;
    case kUint16:
      return UINT16_MAX;
    case kInt16:
      return INT16_MAX;
    default:
      return INT32_MAX;
  }
}

Known read_tensor(const TensorProto& proto) {
  try {
    if (proto.data_location() == TensorProto::EXTERNAL)
      throw ModelError("its numbers are in another file; save the model with its weights inside");
    Known known;
    known.data_type = proto.data_type();
    known.dims.assign(proto.dims().begin(), proto.dims().end());
    const auto count = static_cast<size_t>(count_of(proto));
    const size_t width = width_of(known.data_type);
    const auto stored = static_cast<size_t>(proto.float_data_size()) + static_cast<size_t>(proto.double_data_size()) +
                        static_cast<size_t>(proto.int32_data_size()) + static_cast<size_t>(proto.int64_data_size());
    // Before memory is set aside: the numbers must be there.
    if (proto.has_raw_data() ? proto.raw_data().size() != count * width : stored != count)
      throw ModelError("it does not hold the " + std::to_string(count) + " numbers that its dimensions say");
    if (known.integer()) {
      known.integers.resize(count);
    } else {
      known.reals.resize(count);
    }
    proto.has_raw_data() ? read_raw(proto.raw_data(), known) : read_fields(proto, known);
    return known;
  } catch (const ModelError& e) {
    throw ModelError("tensor '" + proto.name() + "': " + e.what());
  }
}

TensorProto write_tensor(const std::string& name, const Shape& shape, const std::vector<float>& numbers) {
  TensorProto proto = header(name, shape, kFloat);
  proto.set_raw_data(raw_bytes<float>(numbers));
  return proto;
}

TensorProto write_tensor(const std::string& name, const Shape& shape, int data_type,
                         const std::vector<int32_t>& integers) {
  TensorProto proto = header(name, shape, data_type);
  const bool shorts = data_type == kInt16 || data_type == kUint16;
  proto.set_raw_data(data_type == kInt32 ? raw_bytes<int32_t>(integers)
                     : shorts            ? raw_bytes<int16_t>(integers)
                                         : raw_bytes<int8_t>(integers));
  return proto;
}

TensorProto write_tensor(const std::string& name, const std::vector<int64_t>& integers) {
  TensorProto proto = header(name, {static_cast<int64_t>(integers.size())}, kInt64);
  proto.set_raw_data(raw_bytes<int64_t>(integers));
  return proto;
}

}  // namespace flashcell::quant::onnx
