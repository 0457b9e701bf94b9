#pragma once
#include <string>
#include <string_view>

namespace flashcell::tracking {

/// How many objects there are in the recording, as who recorded it knows: from `least` to `most`, 0 <= least <= most.
struct ObjectCount {
  static constexpr int kMost = 1 << 20;  ///< of `most`

  int least = 0, most = 0;  ///< both 0: unknown

  bool known() const { return most > 0; }
  /// True for a number of objects within the count; for every number where it is unknown.
  bool met_by(int objects) const { return !known() || (objects >= least && objects <= most); }
  bool operator==(const ObjectCount&) const = default;
};

/// Reads "2" (exactly two) or "2..5" (from two to five); "" is unknown. Throws std::invalid_argument with one
/// line that says what is wrong and what would be right.
ObjectCount parse_object_count(std::string_view text);

/// As parse_object_count() reads it: "2", "2..5", "" where it is unknown.
std::string to_text(const ObjectCount& count);

}  // namespace flashcell::tracking
