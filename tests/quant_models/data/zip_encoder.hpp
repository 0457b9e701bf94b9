#pragma once
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

// Small .npy and .npz files, written without the code that reads them.
namespace flashcell::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes& bytes, const std::string& text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

inline void append(Bytes& bytes, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// A version 1 .npy file; `type` and `shape` as Python writes them.
template <class Number>
Bytes make_npy(const std::string& type, const std::string& shape, const std::vector<Number>& numbers,
               bool by_columns = false) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + (by_columns ? "True" : "False") + ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  Bytes file;
  append(file, "\x93NUMPY");
  append(file, 1, 2);
  append(file, header.size(), 2);
  append(file, header);
  const auto* data = reinterpret_cast<const uint8_t*>(numbers.data());
  file.insert(file.end(), data, data + numbers.size() * sizeof(Number));
  return file;
}

inline Bytes deflated(const Bytes& data) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, data.size()));
  stream.next_in = const_cast<uint8_t*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline Bytes make_zip(const std::vector<std::pair<std::string, Bytes>>& files, bool deflate) {
  Bytes archive, directory;
  for (const auto& [name, data] : files) {
    const Bytes packed = deflate ? deflated(data) : data;
    const uint64_t offset = archive.size(), method = deflate ? 8 : 0;
    Bytes common;  // of both headers
    append(common, 20, 2);
    append(common, 0, 2);
    append(common, method, 2);
    append(common, 0, 4);
    append(common, crc32(0, data.data(), static_cast<uInt>(data.size())), 4);
    append(common, packed.size(), 4);
    append(common, data.size(), 4);
    append(common, name.size(), 2);
    append(common, 0, 2);
    append(archive, 0x04034b50, 4);
    archive.insert(archive.end(), common.begin(), common.end());
    append(archive, name);
    archive.insert(archive.end(), packed.begin(), packed.end());
    append(directory, 0x02014b50, 4);
    append(directory, 20, 2);
    directory.insert(directory.end(), common.begin(), common.end());
    append(directory, 0, 8);
    append(directory, 0, 2);
    append(directory, offset, 4);
    append(directory, name);
  }
  const uint64_t start = archive.size();
  archive.insert(archive.end(), directory.begin(), directory.end());
  append(archive, 0x06054b50, 4);
  append(archive, 0, 4);
  append(archive, files.size(), 2);
  append(archive, files.size(), 2);
  append(archive, directory.size(), 4);
  append(archive, start, 4);
  append(archive, 0, 2);
  return archive;
}

}  // namespace flashcell::test
