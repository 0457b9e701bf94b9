#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/named_value.hpp"

namespace flashcell::quant {

/// How an image becomes the first input: value = (pixel - mean) * factor, pixel 0..255, for each of its channels in the
/// network's order.
struct Preprocessing {
  enum class Channels : uint8_t { grey = 0, rgb = 1, bgr = 2 };
  Channels channels = Channels::grey;
  std::array<float, 3> mean = {0, 0, 0};
  std::array<float, 3> factor = {1.0f / 255, 1.0f / 255, 1.0f / 255};  ///< above 0

  int count() const { return channels == Channels::grey ? 1 : 3; }
  bool operator==(const Preprocessing&) const = default;
};

/// What the orders of channels are called in files and on the command line.
inline constexpr NamedValue<Preprocessing::Channels> kChannelNames[] = {{Preprocessing::Channels::grey, "grey"},
                                                                        {Preprocessing::Channels::rgb, "rgb"},
                                                                        {Preprocessing::Channels::bgr, "bgr"}};

/// What a network's numbers mean to people; its files carry it.
struct Metadata {
  std::vector<std::string> class_names = {};        ///< empty: not known
  std::optional<Preprocessing> preprocessing = {};  ///< none: not known
  bool operator==(const Metadata&) const = default;
};

}  // namespace flashcell::quant
