#include "quant_models/data/numpy_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw ModelError(name + ": " + what);
}

// What stands behind 'key': in the header, which is a Python dictionary of three entries.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& name) {
  const size_t at = header.find(std::string(1, '\'').append(key).append("':"));
  if (at == std::string_view::npos) fail(name, "the NumPy header lacks '" + std::string(key) + "'");
  header.remove_prefix(at + key.size() + 3);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

Shape parse_shape(std::string_view text, const std::string& name) {
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos)
    fail(name, "the NumPy header's shape is damaged");
  text = text.substr(1, end - 1);
  Shape shape;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.empty()) return shape;
    int64_t extent = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc{} || extent < 0) fail(name, "the NumPy header's shape is damaged");
    text.remove_prefix(static_cast<size_t>(rest - text.data()));
    shape.push_back(extent);
    if (shape.size() > kMaxRank) fail(name, "the array has more than " + std::to_string(kMaxRank) + " dimensions");
  }
}

// 'f4' of "'<f4', ...".
std::string parse_type(std::string_view text, const std::string& name) {
  const std::string quoted(text.substr(0, 5));
  constexpr std::string_view kTypes[] = {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
  const std::string type = quoted.size() == 5 ? quoted.substr(2, 2) : "";
  const bool order = quoted.size() == 5 && (quoted[1] == '<' || (quoted[1] == '|' && type[1] == '1'));
  if (!order || std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes))
    fail(name, "numbers of type " + quoted + " are not supported; save as little-endian floats or integers");
  return type;
}

size_t item_size(const std::string& type) {
  return static_cast<size_t>(type[1] - '0');
}

template <class Number>
std::vector<double> convert(const std::vector<uint8_t>& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(Number));
  for (size_t i = 0; i < numbers.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    numbers[i] = static_cast<double>(number);
  }
  return numbers;
}

}  // namespace

std::vector<double> NumpyArray::numbers() const {
  if (type == "f4") return convert<float>(bytes);
  if (type == "f8") return convert<double>(bytes);
  if (type == "i1") return convert<int8_t>(bytes);
  if (type == "i2") return convert<int16_t>(bytes);
  if (type == "i4") return convert<int32_t>(bytes);
  if (type == "i8") return convert<int64_t>(bytes);
  if (type == "u2") return convert<uint16_t>(bytes);
  if (type == "u4") return convert<uint32_t>(bytes);
  if (type == "u8") return convert<uint64_t>(bytes);
  return convert<uint8_t>(bytes);
}

Tensor NumpyArray::tensor() const {
  const std::vector<double> all = numbers();
  Tensor result{shape, std::vector<float>(all.begin(), all.end())};
  if (element_count(shape) != static_cast<int64_t>(all.size())) throw ModelError("a NumPy array's shape is damaged");
  return result;
}

NumpyArray read_npy(std::span<const uint8_t> file, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with(kMagic) || file.size() < 12) fail(name, "is no NumPy array: its first bytes are wrong");
  const int version = file[6];
  if (version < 1 || version > 3) fail(name, "is a NumPy file of unknown version " + std::to_string(version));
  const size_t start = version == 1 ? 10 : 12;
  size_t length = file[8] | size_t{file[9]} << 8;
  if (version > 1) length |= size_t{file[10]} << 16 | size_t{file[11]} << 24;
  if (length > file.size() - start) fail(name, "is cut off in its header");
  const std::string_view header = text.substr(start, length);
  if (!value_of(header, "fortran_order", name).starts_with("False"))
    fail(name, "is stored column by column; save it with numpy.ascontiguousarray");
  NumpyArray array{
      parse_type(value_of(header, "descr", name), name), parse_shape(value_of(header, "shape", name), name), {}};
  uint64_t size = item_size(array.type);
  const uint64_t present = file.size() - start - length;
  for (const int64_t extent : array.shape) {
    if (extent > 0 && size > present / static_cast<uint64_t>(extent))
      fail(name, "is cut off: it holds fewer numbers than its shape says");
    size *= static_cast<uint64_t>(extent);
  }
  if (size > present) fail(name, "is cut off: it holds fewer numbers than its shape says");
  const std::span<const uint8_t> data = file.subspan(start + length, size);
  array.bytes.assign(data.begin(), data.end());
  return array;
}

std::map<std::string, NumpyArray> read_npz(std::span<const uint8_t> file, const std::string& name) {
  std::map<std::string, NumpyArray> arrays;
  for (const auto& [entry, bytes] : read_zip(file, name)) {
    const std::string key = entry.ends_with(".npy") ? entry.substr(0, entry.size() - 4) : entry;
    arrays[key] = read_npy(bytes, name + ": " + entry);
  }
  return arrays;
}

std::map<std::string, NumpyArray> read_npz(const std::string& path) {
  return read_npz(read_file(path), path);
}

}  // namespace flashcell::quant
