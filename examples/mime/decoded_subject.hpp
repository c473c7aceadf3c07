// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A message is handed to GMime (https://github.com/jstedfast/gmime), which knows MIME: RFC 2047 here, and parts, character
// sets and signatures in the same way. `g_mime_init()` must have been called.

#include <pop3/message.hpp>

#include <gmime/gmime.h>

#include <memory>
#include <string>
#include <type_traits>

/// The subject in UTF-8; empty if there is none.
inline std::string decoded_subject(const pop3::message& message)
{
    const auto unref = [](auto* object) {
        g_object_unref(object);
    };
    const auto own = [&](auto* object) {
        return std::unique_ptr<std::remove_pointer_t<decltype(object)>, decltype(unref)>(object, unref);
    };
    const auto octets =
        own(g_mime_stream_mem_new_with_buffer(message.octets().data(), message.octets().size()));
    const auto parser = own(g_mime_parser_new_with_stream(octets.get()));
    const auto mail = own(g_mime_parser_construct_message(parser.get(), nullptr));
    const char* subject = mail ? g_mime_message_get_subject(mail.get()) : nullptr;
    return subject ? subject : "";
}
