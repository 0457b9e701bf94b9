#include "base/picture_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"

namespace flashcell {
namespace {

using Bytes = std::span<const uint8_t>;
using Header = std::optional<PictureHeader>;

/// Unsigned number of `size` bytes; nothing when it does not lie wholly inside.
std::optional<uint64_t> number(const RandomReader& file, uint64_t offset, size_t size, bool big_endian) {
  std::array<uint8_t, 8> bytes{};
  if (!file.read(offset, std::span(bytes).first(size))) return {};
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[big_endian ? i : size - 1 - i];
  return value;
}

bool begins_with(Bytes file, std::string_view mark) {
  return file.size() >= mark.size() && std::equal(mark.begin(), mark.end(), file.begin(),
                                                  [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

/// Whether the file's end holds `mark`. Writers may append a few bytes; a thumbnail's own end stands far in front.
bool ends_with(Bytes file, std::string_view mark) {
  constexpr size_t kTail = 1024;
  const Bytes tail = file.last(std::min(file.size(), kTail));
  return std::search(tail.begin(), tail.end(), mark.begin(), mark.end(),
                     [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) != tail.end();
}

Header png_header(Bytes file) {
  const MemoryReader reader(file);
  const auto width = number(reader, 16, 4, true), height = number(reader, 20, 4, true);
  if (!height) return {};
  return PictureHeader{*width, *height, 1, ends_with(file, "IEND")};
}

/// Walks the markers as libjpeg does: bytes between segments are passed over, the first frame header counts.
Header jpeg_header(Bytes file) {
  const MemoryReader reader(file);
  for (size_t at = 2;;) {
    while (at < file.size() && file[at] != 0xFF) ++at;
    while (at < file.size() && file[at] == 0xFF) ++at;
    if (at >= file.size()) return {};
    const uint8_t marker = file[at++];
    if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;
    const auto length = number(reader, at, 2, true);
    constexpr uint8_t kEnd = 0xD9, kScan = 0xDA;
    if (marker == kEnd || marker == kScan || !length) return {};
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      const auto height = number(reader, at + 3, 2, true), width = number(reader, at + 5, 2, true);
      if (!width) return {};
      return PictureHeader{*width, *height, 1, ends_with(file, "\xFF\xD9")};
    }
    at += std::max<uint64_t>(*length, 2);
  }
}

Header bmp_header(Bytes file) {
  const MemoryReader reader(file);
  const auto size = number(reader, 2, 4, false), header = number(reader, 14, 4, false);
  if (!header) return {};
  const bool old = *header == 12;  // OS/2: 16-bit sides
  const auto width = number(reader, 18, old ? 2 : 4, false), height = number(reader, old ? 20 : 22, old ? 2 : 4, false);
  if (!height) return {};
  const auto side = [old](uint64_t value) {
    const auto positive = static_cast<int64_t>(static_cast<int32_t>(value));
    return old ? value : static_cast<uint64_t>(positive < 0 ? -positive : positive);
  };
  return PictureHeader{side(*width), side(*height), 1, *size <= file.size()};
}

/// Two numbers in text behind the mark, among blanks and comments. The byte behind a number is passed over, whatever it
/// is, as OpenCV's decoder does: a comment that begins there is none to it.
Header pnm_header(Bytes file) {
  std::array<uint64_t, 2> sides{};
  size_t at = 2;
  for (uint64_t& side : sides) {
    for (bool comment = false; at < file.size(); ++at) {
      const uint8_t c = file[at];
      if (c == '#') comment = true;
      if (c == '\n' || c == '\r') comment = false;
      if (!comment && c >= '0' && c <= '9') break;
    }
    const size_t first = at;
    for (; at < file.size() && at - first < 10 && file[at] >= '0' && file[at] <= '9'; ++at)
      side = side * 10 + (file[at] - '0');
    if (at == first) return {};
    ++at;
  }
  return PictureHeader{sides[0], sides[1]};
}

/// The chain of a TIFF's page directories (TIFF 6.0, section 2; BigTIFF: the same with 64-bit offsets).
class TiffReader {
 public:
  explicit TiffReader(const RandomReader& file) : file_(file) {}

  Header read() {
    const auto order = number(file_, 0, 2, true);
    if (!order || (*order != 0x4949 && *order != 0x4D4D)) return {};
    big_endian_ = *order == 0x4D4D;
    const auto version = get(2, 2);
    if (!version || (*version != 42 && *version != 43)) return {};
    big_ = *version == 43;
    header_.pages = 0;
    std::optional<uint64_t> directory = get(big_ ? 8 : 4, offset_bytes());
    // A directory takes six bytes or more: a longer chain runs in a circle.
    const uint64_t most = std::min(file_.size() / 6, kMostPicturePages);
    while (directory && *directory != 0 && header_.pages < most) directory = read_directory(*directory);
    header_.whole = directory && *directory == 0 && header_.pages > 0;
    return header_;
  }

 private:
  size_t offset_bytes() const { return big_ ? 8 : 4; }
  std::optional<uint64_t> get(uint64_t offset, size_t size) const { return number(file_, offset, size, big_endian_); }

  /// Notes the page's size; returns where the next directory lies, nothing where the chain leaves the file.
  std::optional<uint64_t> read_directory(uint64_t at) {
    const uint64_t count_bytes = big_ ? 8 : 2, entry_bytes = big_ ? 20 : 12;
    const auto count = get(at, count_bytes);
    if (!count || *count > file_.size() / entry_bytes) return {};
    entries_.resize(*count * entry_bytes);
    if (!file_.read(at + count_bytes, entries_)) return {};
    const MemoryReader entries(entries_);
    for (uint64_t i = 0; i < *count; ++i) note_entry(entries, i * entry_bytes);
    ++header_.pages;
    return get(at + count_bytes + entries_.size(), offset_bytes());
  }

  void note_entry(const MemoryReader& entries, uint64_t at) {
    constexpr uint64_t kWidth = 256, kHeight = 257, kTileWidth = 322, kTileHeight = 323;
    const uint64_t tag = *number(entries, at, 2, big_endian_), type = *number(entries, at + 2, 2, big_endian_);
    if (tag != kWidth && tag != kHeight && tag != kTileWidth && tag != kTileHeight) return;
    constexpr uint64_t kByte = 1, kShort = 3, kLong = 4, kLong8 = 16;
    const size_t size = type == kByte ? 1 : type == kShort ? 2 : type == kLong ? 4 : type == kLong8 && big_ ? 8 : 0;
    // A side of another type is none that writers use: too large for anybody.
    const uint64_t value = size == 0 ? UINT64_MAX : *number(entries, at + (big_ ? 12 : 8), size, big_endian_);
    if (tag == kWidth || tag == kTileWidth) header_.width = std::max(header_.width, value);
    if (tag == kHeight || tag == kTileHeight) header_.height = std::max(header_.height, value);
  }

  const RandomReader& file_;
  bool big_endian_ = false, big_ = false;
  std::vector<uint8_t> entries_;
  PictureHeader header_;
};

}  // namespace

Header read_tiff_header(const RandomReader& file) {
  return TiffReader(file).read();
}

Header read_picture_header(Bytes file) {
  if (begins_with(file, "\x89PNG\r\n\x1A\n")) return png_header(file);
  if (begins_with(file, "\xFF\xD8")) return jpeg_header(file);
  if (begins_with(file, "BM")) return bmp_header(file);
  if (file.size() > 2 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6') return pnm_header(file);
  return read_tiff_header(MemoryReader(file));
}

void check_picture(Bytes file, const std::string& name) {
  const Header header = read_picture_header(file);
  if (!header || header->width == 0 || header->height == 0) {
    throw Error(Fault::input, fmt::format("{}: is no PNG, JPEG, BMP, TIFF or PNM picture, or damaged", name));
  }
  if (header->width > kMostPicturePixels / header->height) {
    throw Error(Fault::input, fmt::format("{}: states {}x{} px: pictures of more than {} pixels are not decoded", name,
                                          header->width, header->height, kMostPicturePixels));
  }
}

}  // namespace flashcell
