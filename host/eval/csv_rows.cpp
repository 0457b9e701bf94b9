#include "host/eval/csv_rows.hpp"

#include <algorithm>

#include "host/eval/text_fields.hpp"

namespace flashcell::host {

size_t CsvRows::column(const std::string& column_name) const {
  const auto it = std::find(header.begin(), header.end(), column_name);
  if (it == header.end()) fail_at(name, 1, "the header has no column " + column_name);
  return static_cast<size_t>(it - header.begin());
}

bool CsvRows::has(const std::string& column_name) const {
  return std::find(header.begin(), header.end(), column_name) != header.end();
}

double CsvRows::number(size_t row, size_t column) const {
  return pixels_in(rows[row][column], header[column] + " ", name, lines[row]);
}

int64_t CsvRows::integer(size_t row, size_t column) const {
  int64_t value = 0;
  if (!parse_integer(rows[row][column], value) || value < 0)
    fail_at(name, lines[row], header[column] + " is no whole number: " + host::quoted(rows[row][column]));
  return value;
}

CsvRows parse_csv_rows(std::string_view text, const std::string& name, const std::string& wanted) {
  std::string_view line;
  std::vector<std::string_view> fields;
  CsvRows csv;
  csv.name = name;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    split_csv(line, fields);
    std::vector<std::string> row;
    for (const std::string_view field : fields) row.push_back(csv_text(field));
    if (csv.header.empty()) {
      csv.header = std::move(row);
      continue;
    }
    if (row.size() != csv.header.size()) {
      fail_at(name, number,
              "has " + std::to_string(row.size()) + " fields, the header " + std::to_string(csv.header.size()));
    }
    csv.rows.push_back(std::move(row));
    csv.lines.push_back(number);
  }
  if (csv.header.empty()) fail_at(name, 1, "is empty; it needs the header " + wanted);
  return csv;
}

}  // namespace flashcell::host
