#include "host/eval/text_fields.hpp"

#include <fstream>
#include <sstream>

namespace flashcell::host {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file || !text) throw Error(Fault::input, path + ": cannot be read; is it a file, and may you read it?");
  return text.str();
}

}  // namespace flashcell::host
