#include "quant_models/data/numpy_output.hpp"

#include <zlib.h>

#include <cstring>

#include "base/error.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kAlignment = 64;  // of a .npy file's numbers
constexpr uint64_t kMostBytes = UINT32_MAX;
constexpr uint16_t kZipVersion = 20, kFirstOfJanuary1980 = 0x21;

void put(std::string& bytes, uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

// What a local header and the directory's entry share: from the version to the length of the name.
std::string entry_header(const std::string& name, const std::string& data) {
  std::string header;
  put(header, kZipVersion, 2);
  put(header, 0, 2);  // flags
  put(header, 0, 2);  // stored
  put(header, 0, 2);  // time
  put(header, kFirstOfJanuary1980, 2);
  put(header, static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size())), 4);
  put(header, static_cast<uint32_t>(data.size()), 4);
  put(header, static_cast<uint32_t>(data.size()), 4);
  put(header, static_cast<uint32_t>(name.size()), 2);
  put(header, 0, 2);  // extra field
  return header;
}

template <class Number>
NumpyArray scalar_of(const char* type, Number number) {
  NumpyArray array{type, {}, std::vector<uint8_t>(sizeof number)};
  std::memcpy(array.bytes.data(), &number, sizeof number);
  return array;
}

}  // namespace

std::string npy_bytes(const NumpyArray& array) {
  std::string shape;
  for (const int64_t extent : array.shape) shape += std::to_string(extent) + (array.shape.size() == 1 ? "," : ", ");
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);
  const bool bytes = array.type.back() == '1';
  std::string header = "{'descr': '" + std::string(bytes ? "|" : "<") + array.type +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr size_t kBefore = 10;
  header.resize((kBefore + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kBefore - 1, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  put(file, static_cast<uint32_t>(header.size()), 2);
  return file + header + std::string(array.bytes.begin(), array.bytes.end());
}

std::string npz_bytes(const std::vector<std::pair<std::string, NumpyArray>>& arrays) {
  std::string file, directory;
  for (const auto& [name, array] : arrays) {
    const std::string entry = name + ".npy", data = npy_bytes(array), header = entry_header(entry, data);
    if (entry.size() > UINT16_MAX || uint64_t{file.size()} + data.size() + directory.size() + 1000 > kMostBytes)
      throw Error(Fault::input, "the outputs do not fit into one .npz file of 4 GiB; run fewer items at a time");
    directory += std::string("PK\x01\x02", 4);
    put(directory, kZipVersion, 2);
    directory += header;
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, 0, 4);  // external attributes
    put(directory, static_cast<uint32_t>(file.size()), 4);
    directory += entry;
    file += std::string("PK\x03\x04", 4) + header + entry + data;
  }
  const auto start = static_cast<uint32_t>(file.size());
  file += directory + std::string("PK\x05\x06\0\0\0\0", 8);
  put(file, static_cast<uint32_t>(arrays.size()), 2);
  put(file, static_cast<uint32_t>(arrays.size()), 2);
  put(file, static_cast<uint32_t>(directory.size()), 4);
  put(file, start, 4);
  put(file, 0, 2);
  return file;
}

NumpyArray numpy_scalar(float number) {
  return scalar_of("f4", number);
}
NumpyArray numpy_scalar(int32_t number) {
  return scalar_of("i4", number);
}

}  // namespace flashcell::quant
