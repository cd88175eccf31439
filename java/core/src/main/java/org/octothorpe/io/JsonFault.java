package org.octothorpe.io;

import com.fasterxml.jackson.core.JacksonException;
import java.util.regex.Pattern;

/** What is wrong with a text that should be JSON, in words for people. */
public final class JsonFault {
  /** Jackson's idea of where: lines from where it began, and why it does not say more. */
  private static final Pattern LOCATION = Pattern.compile("\\s*\\([^()]*\\[Source: [^\\]]*\\]\\)");

  private JsonFault() {}

  /** Returns the reason on one line, without the place. */
  public static String reason(JacksonException fault) {
    String message = String.valueOf(fault.getOriginalMessage());
    return LOCATION.matcher(message).replaceAll("").replaceAll("\\s*\\R\\s*", " ");
  }
}
