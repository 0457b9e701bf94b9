#pragma once
#include <cstdlib>

#include "base/error.hpp"

namespace flashcell::fuzz {

/// Runs `parse`: anything may come in, and what comes out is a value or an Error of `fault`. All else ends the program.
template <class Parse>
void must_parse_or_blame(Fault fault, const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.fault() != fault) std::abort();
  }
}

template <class Parse>
void must_parse_or_blame_the_input(const Parse& parse) {
  must_parse_or_blame(Fault::input, parse);
}

}  // namespace flashcell::fuzz
