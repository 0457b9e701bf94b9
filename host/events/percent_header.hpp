#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/random_reader.hpp"

namespace flashcell {

/// The header of Prophesee's files: lines "% key value".
struct PercentHeader {
  std::map<std::string, std::string> fields;  ///< keys in lower case
  uint64_t bytes = 0;                         ///< where the data begins

  /// "" where there is none.
  std::string field(const std::string& key) const;
  /// Of the sensor, px, where the header says it in one of the ways that there were; else 0.
  int width() const { return side("width", 0); }
  int height() const { return side("height", 1); }

 private:
  int side(const std::string& key, int place) const;
};

/// Reads as many lines as there are, up to "% end"; none where the bytes begin otherwise.
PercentHeader read_percent_header(const RandomReader& bytes);

}  // namespace flashcell
