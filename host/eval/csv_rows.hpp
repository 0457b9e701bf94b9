#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell::host {

/// A CSV with a header, as rows of texts with their line numbers; comment and empty lines left out.
struct CsvRows {
  std::string name;  ///< of the file, for messages
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<int64_t> lines;

  /// Throws Error(Fault::input) where it is not there.
  size_t column(const std::string& column_name) const;
  bool has(const std::string& column_name) const;
  /// A number within 10 million either way. Throws Error(Fault::input) naming file and line.
  double number(size_t row, size_t column) const;
  /// A whole number of 0 or more; throws likewise.
  int64_t integer(size_t row, size_t column) const;
};

/// Throws Error(Fault::input) naming file and line: a row with another number of fields than the header, no header;
/// `wanted` says what it should be.
CsvRows parse_csv_rows(std::string_view text, const std::string& name, const std::string& wanted);

}  // namespace flashcell::host
