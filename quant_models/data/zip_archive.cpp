#include "quant_models/data/zip_archive.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t kEndSize = 22, kDirectorySize = 46, kLocalSize = 30;
constexpr uint32_t kEndMark = 0x06054b50, kDirectoryMark = 0x02014b50, kLocalMark = 0x04034b50;
constexpr size_t kMaxComment = 0xffff;
// Deflate cannot do better than this; more is a lie that would only cost memory.
constexpr uint64_t kMaxDeflateRatio = 1032;

class Directory {
 public:
  Directory(Bytes file, const std::string& name) : file_(file), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { throw ModelError(name_ + ": " + what); }

  uint32_t word(uint64_t offset) const { return half(offset) | static_cast<uint32_t>(half(offset + 2)) << 16; }
  uint16_t half(uint64_t offset) const {
    const Bytes two = part(offset, 2);
    return static_cast<uint16_t>(two[0] | two[1] << 8);
  }

  Bytes part(uint64_t offset, uint64_t size) const {
    if (offset > file_.size() || size > file_.size() - offset)
      fail("the ZIP archive is cut off or damaged: it refers to byte " + std::to_string(offset + size) + " of " +
           std::to_string(file_.size()));
    return file_.subspan(offset, size);
  }

  // Where the record stands that ends the archive; only a comment may follow it.
  uint64_t end_record() const {
    if (file_.size() >= kEndSize) {
      const size_t last = file_.size() - kEndSize, first = last - std::min(last, kMaxComment);
      for (size_t at = last + 1; at-- > first;)
        if (word(at) == kEndMark && at + kEndSize + half(at + 20) == file_.size()) return at;
    }
    fail("is no ZIP archive, or its end is missing");
  }

 private:
  Bytes file_;
  const std::string& name_;
};

std::vector<uint8_t> inflate_all(const Directory& reader, Bytes packed, uint64_t size, const std::string& entry) {
  if (size > packed.size() * kMaxDeflateRatio) reader.fail("entry '" + entry + "' claims more bytes than it can hold");
  std::vector<uint8_t> unpacked(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  uint8_t none = 0;
  stream.next_in = const_cast<uint8_t*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = size > 0 ? unpacked.data() : &none;
  stream.avail_out = static_cast<uInt>(size);
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.total_out == size;
  inflateEnd(&stream);
  if (!whole) reader.fail("entry '" + entry + "' does not unpack: the archive is damaged");
  return unpacked;
}

}  // namespace

std::map<std::string, std::vector<uint8_t>> read_zip(Bytes archive, const std::string& name, uint64_t limit) {
  const Directory reader(archive, name);
  const uint64_t end = reader.end_record();
  const int entries = reader.half(end + 10);
  uint64_t at = reader.word(end + 16), total = 0;
  std::map<std::string, std::vector<uint8_t>> files;
  for (int i = 0; i < entries; ++i) {
    if (reader.word(at) != kDirectoryMark) reader.fail("the ZIP archive's directory is damaged");
    const uint16_t flags = reader.half(at + 8), method = reader.half(at + 10), name_size = reader.half(at + 28);
    const uint32_t crc = reader.word(at + 16), packed_size = reader.word(at + 20), size = reader.word(at + 24);
    const uint32_t local = reader.word(at + 42);
    const Bytes text = reader.part(at + kDirectorySize, name_size);
    const std::string entry(text.begin(), text.end());
    at += kDirectorySize + name_size + reader.half(at + 30) + reader.half(at + 32);
    total += size;
    if (total > limit) reader.fail("unpacks to more than " + std::to_string(limit) + " bytes");
    if ((flags & 1) != 0) reader.fail("entry '" + entry + "' is encrypted");
    if (reader.word(local) != kLocalMark) reader.fail("entry '" + entry + "' does not begin where the directory says");
    const uint64_t data = uint64_t{local} + kLocalSize + reader.half(local + 26) + reader.half(local + 28);
    const Bytes packed = reader.part(data, packed_size);
    std::vector<uint8_t> bytes;
    if (method == 0 && packed_size == size) {
      bytes.assign(packed.begin(), packed.end());
    } else if (method == Z_DEFLATED) {
      bytes = inflate_all(reader, packed, size, entry);
    } else {
      reader.fail("entry '" + entry + "' is packed by method " + std::to_string(method) +
                  "; only deflate is supported");
    }
    if (crc32(0, bytes.data(), static_cast<uInt>(bytes.size())) != crc)
      reader.fail("entry '" + entry + "' is damaged: its checksum is wrong");
    files[entry] = std::move(bytes);
  }
  return files;
}

}  // namespace flashcell::quant
