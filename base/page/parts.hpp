#pragma once
#include <string>

// What our HTML pages are made of. Texts go in as they are, and are escaped here; bodies are markup. A page needs
// nothing but itself: no scripts, pictures or fonts from elsewhere.
namespace flashcell {

/// All before a page's first section: head with kPageStyle and `more_style` behind it, and a header. `title` is the
/// window's, `kicker` stands above the name, `facts` below it.
std::string page_head(const std::string& title, const std::string& kicker, const std::string& name,
                      const std::string& facts, const std::string& more_style = "");

/// A box of the page. `table`: a file beside the page that has its numbers, or empty.
std::string section(const std::string& title, const std::string& note, const std::string& body,
                    const std::string& table = "");
/// The same with markup in place of a note.
std::string marked_section(const std::string& title, const std::string& head, const std::string& body,
                           const std::string& table = "");
std::string no_data(const std::string& why);
/// A number with what it is.
std::string figure(const std::string& value, const std::string& what, bool warn = false);

/// A JSON document as it may stand inside of a script element: nothing in it ends the element.
std::string script_json(const std::string& json);

}  // namespace flashcell
