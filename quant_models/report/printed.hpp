#pragma once
#include <cstdio>
#include <string>

namespace flashcell::quant {

/// A number as printf's `format` writes it.
inline std::string printed(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof(text), format, number);
  return text;
}

}  // namespace flashcell::quant
