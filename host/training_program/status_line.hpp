#pragma once
#include <string>

namespace flashcell::quant {

/// "3:05", "1:03:05".
std::string minutes(double seconds);

/// Whether a line on the terminal may be written anew several times a second.
bool shows_progress(bool quiet);

}  // namespace flashcell::quant
