#pragma once
#include "base/schema/visitor.hpp"
#include "host/config/config.hpp"

namespace flashcell::host {

/// The one list of every section and key, with range and meaning: reading, printing and the command line are visitors.
void visit_config(Config& config, schema::Visitor& visitor);

}  // namespace flashcell::host
