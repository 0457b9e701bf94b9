#include "host/source/photron.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/xml.hpp"

namespace flashcell::host {
namespace {

using Text = std::string_view;
using Path = std::initializer_list<const char*>;

Text trim(Text text) {
  constexpr Text kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  return first == Text::npos ? Text() : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool equals_ignoring_case(Text a, Text b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

/// Begin and size of the XML in a .cihx, which has other bytes around it; nothing in a .cih.
std::optional<std::pair<size_t, size_t>> find_xml(Text text) {
  constexpr Text kOpen = "<cih>", kClose = "</cih>";
  const size_t begin = text.find(kOpen);
  if (begin == Text::npos) return {};
  const size_t end = text.find(kClose, begin + kOpen.size());
  if (end == Text::npos) return {};
  return std::pair{begin, end + kClose.size() - begin};
}

/// A value by its place: a path of XML elements below the root, or the key of a `Key : Value` line.
class Header {
 public:
  Header(Text text, const std::string& name) : name_(name), text_(text) {
    const auto place = find_xml(text);
    if (!place) return;
    const auto [begin, size] = *place;
    const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(begin), '\n');
    const std::string problem = read_xml(text.substr(begin, size), document_, 1 + static_cast<int>(lines));
    if (!problem.empty()) throw Error(Fault::input, fmt::format("{}: {}; copy the recording again", name, problem));
    root_ = document_.RootElement();
  }

  std::optional<Text> find(Text key, Path path) const { return root_ != nullptr ? by_path(path) : by_key(key); }

  double number(Text key, Path path, std::optional<double> otherwise = {}) const {
    const std::optional<Text> text = find(key, path);
    if (!text && otherwise) return *otherwise;
    const Text field = root_ != nullptr ? *(path.end() - 1) : key;
    if (!text) throw Error(Fault::input, fmt::format("{}: '{}' is missing: is this a Photron header?", name_, field));
    double value = 0;
    const auto result = std::from_chars(text->data(), text->data() + text->size(), value);
    if (result.ec != std::errc() || result.ptr != text->data() + text->size() || !std::isfinite(value) || value < 0) {
      throw Error(Fault::input, fmt::format("{}: '{}' is '{}', which is no number", name_, field, text->substr(0, 40)));
    }
    return value;
  }

 private:
  std::optional<Text> by_path(Path path) const {
    const tinyxml2::XMLElement* element = root_;
    for (const char* tag : path) {
      element = element->FirstChildElement(tag);
      if (element == nullptr) return {};
    }
    const char* text = element->GetText();
    return trim(text == nullptr ? "" : text);
  }

  std::optional<Text> by_key(Text key) const {
    for (size_t begin = 0; begin < text_.size();) {
      const size_t end = std::min(text_.find('\n', begin), text_.size());
      const Text line = text_.substr(begin, end - begin);
      const size_t colon = line.find(':');
      if (colon != Text::npos && trim(line.substr(0, colon)) == key) return trim(line.substr(colon + 1));
      begin = end + 1;
    }
    return {};
  }

  const std::string& name_;
  Text text_;
  tinyxml2::XMLDocument document_;
  const tinyxml2::XMLElement* root_ = nullptr;  // of a .cihx
};

void set_pixels(const Header& header, const std::string& name, FrameLayout& layout) {
  const double bits = header.number("Color Bit", {"imageDataInfo", "colorInfo", "bit"});
  SourceInfo& info = layout.info;
  if (bits == 8) {
    layout.pixels = RawPixels::grey8;
    info.format = PixelFormat::grey8;
    info.significant_bits = 8;
  } else if (bits == 12) {
    layout.pixels = RawPixels::grey12_packed;
    info.format = PixelFormat::grey16;
    info.significant_bits = 12;
  } else if (bits == 16) {
    layout.pixels = RawPixels::grey16;
    info.format = PixelFormat::grey16;
    const double depth = header.number("EffectiveBit Depth", {"imageDataInfo", "effectiveBit", "depth"}, 16);
    const Text side = header.find("EffectiveBit Side", {"imageDataInfo", "effectiveBit", "side"}).value_or("Lower");
    // Samples shifted to the upper bits use all 16.
    const bool lower = equals_ignoring_case(side, "lower");
    info.significant_bits = lower && depth >= 9 && depth <= 16 ? static_cast<int>(depth) : 16;
  } else {
    throw Error(
        Fault::input,
        fmt::format("{}: frames of {} bits are not supported: save as mono MRAW of 8, 12 or 16 bits", name, bits));
  }
}

}  // namespace

FrameLayout read_photron(std::span<const uint8_t> bytes, const std::string& header_name, uint64_t mraw_bytes,
                         const std::string& mraw_name) {
  const Header header(Text(reinterpret_cast<const char*>(bytes.data()), bytes.size()), header_name);
  FrameLayout layout;
  SourceInfo& info = layout.info;
  info.name = mraw_name;
  const double width = header.number("Image Width", {"imageDataInfo", "resolution", "width"});
  const double height = header.number("Image Height", {"imageDataInfo", "resolution", "height"});
  check_sides(header_name, static_cast<int64_t>(std::min(width, 1e9)), static_cast<int64_t>(std::min(height, 1e9)));
  info.width = static_cast<int>(width);
  info.height = static_cast<int>(height);
  if (const auto format = header.find("File Format", {"imageFileInfo", "fileFormat"});
      format && !equals_ignoring_case(*format, "mraw")) {
    throw Error(Fault::input,
                fmt::format("{}: the frames are '{}' files: open those instead", header_name, format->substr(0, 40)));
  }
  set_pixels(header, header_name, layout);
  layout.row_bytes = tight_row_bytes(layout.pixels, info.width);

  const double step = header.number("Save Step", {"frameInfo", "skipFrame"}, 1);
  info.fps = header.number("Record Rate(fps)", {"recordInfo", "recordRate"}, 0) / std::max(step, 1.0);
  const auto promised =
      static_cast<uint64_t>(std::min(header.number("Total Frame", {"frameInfo", "totalFrame"}), 1e15));
  if (promised == 0) throw Error(Fault::input, fmt::format("{}: holds no frames", header_name));

  const uint64_t each = frame_bytes(layout);
  const uint64_t whole = std::min(promised, mraw_bytes / each);
  check_frame_count(mraw_name, whole);
  layout.frames.resize(whole);
  for (uint64_t i = 0; i < whole; ++i) {
    layout.frames[i].offset = i * each;
    layout.frames[i].number = static_cast<int64_t>(i);
  }
  info.frame_count = static_cast<int64_t>(whole);
  if (whole < promised) {
    layout.damage = fmt::format("{}: ends at byte {} in frame {} of the {} that {} promises: copy the recording again",
                                mraw_name, mraw_bytes, whole, promised, header_name);
  }
  return layout;
}

}  // namespace flashcell::host
