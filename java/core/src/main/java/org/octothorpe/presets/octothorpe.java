package org.octothorpe.presets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.LoadEnabled;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * How JavaCPP binds the C contract of {@code native/include/octothorpe}: the headers below, and
 * those of the operations, which {@code operations.h} lists.
 */
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = {
              "octothorpe/types.h",
              "octothorpe/context.h",
              "octothorpe/call.h",
              "octothorpe/jpeg.h"
            },
            link = "octothorpe",
            library = "jnioctothorpe"),
    target = "org.octothorpe.bindings",
    global = "org.octothorpe.bindings.octothorpe")
@NoException
public class octothorpe implements LoadEnabled, InfoMapper {
  private static final String OPERATIONS = "octothorpe/operations.h";

  /**
   * Adds the headers of the operations, where JavaCPP parses or compiles and has a path to them.
   */
  @Override
  public void init(ClassProperties properties) {
    List<String> headers = properties.get("platform.include");
    for (String folder : properties.get("platform.includepath")) {
      Path list = Path.of(folder, OPERATIONS);
      if (!Files.isRegularFile(list)) {
        continue;
      }
      try {
        Pattern.compile("(?m)^#include \"(\\w+\\.h)\"")
            .matcher(Files.readString(list))
            .results()
            .map(include -> "octothorpe/" + include.group(1))
            .filter(header -> !headers.contains(header))
            .forEach(headers::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("OCT_API").cppTypes().annotations());
    infoMap.put(
        new Info("oct_status", "oct_dtype")
            .cast()
            .valueTypes("int")
            .pointerTypes("IntPointer", "IntBuffer", "int[]"));
    infoMap.put(new Info("oct_context").pointerTypes("oct_context"));
    infoMap.put(new Info("oct_call").pointerTypes("oct_call"));
  }
}
