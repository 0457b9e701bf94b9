#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/run/batch.hpp"

namespace flashcell::host {

/// A row a recording, with a header: what was found, how long it took, what went wrong.
std::string batch_table(const std::vector<BatchResult>& results);

/// The same as a page that leads to each recording's report; `folder` is where it will lie.
std::string batch_page(const std::vector<BatchResult>& results, const std::filesystem::path& folder);

/// "done", "done before", …
const char* name_of(BatchState state);

}  // namespace flashcell::host
