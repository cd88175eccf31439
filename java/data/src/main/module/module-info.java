/**
 * Hashtagged photographs: shards and tables, vocabularies, augmentation, the loader, curation, the
 * search for duplicates. What is exported without a qualification is the API; the other packages
 * are for the modules of this project.
 *
 * <p>The jars of Parquet 1.18 share packages, so that no module can read them. Where this is a
 * module, they belong on the class path, with {@code --add-reads
 * org.octothorpe.data=ALL-UNNAMED}; without them everything but Parquet files works.
 */
module org.octothorpe.data {
  requires transitive org.jspecify;
  requires transitive org.octothorpe;
  requires com.fasterxml.jackson.databind;
  requires com.github.luben.zstd_jni;
  requires com.twelvemonkeys.imageio.webp;
  requires java.desktop;
  requires jvector;
  requires org.apache.commons.compress;
  requires org.bytedeco.javacpp;
  requires snappy.java;

  exports org.octothorpe.data;
  exports org.octothorpe.data.augment;
  exports org.octothorpe.data.curation;
  exports org.octothorpe.data.curation.rules;
  exports org.octothorpe.data.curation.select;
  exports org.octothorpe.data.curation.senses;
  exports org.octothorpe.data.curation.write;
  exports org.octothorpe.data.duplicates;
  exports org.octothorpe.data.faults;
  exports org.octothorpe.data.images;
  exports org.octothorpe.data.inference;
  exports org.octothorpe.data.loading;
  exports org.octothorpe.data.rows;
  exports org.octothorpe.data.samples;
  exports org.octothorpe.data.shards;
  exports org.octothorpe.data.tags;
  exports org.octothorpe.data.wordnet;
  exports org.octothorpe.data.curation.count to
      org.octothorpe.cli,
      org.octothorpe.spark;
  exports org.octothorpe.data.curation.spill to
      org.octothorpe.cli,
      org.octothorpe.spark;
  exports org.octothorpe.data.machine to
      org.octothorpe.cli;
  exports org.octothorpe.data.tar to
      org.octothorpe.cli;

  // Jackson makes and reads the records of files.
  opens org.octothorpe.data.curation to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.curation.count to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.curation.rules to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.curation.spill to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.curation.write to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.files to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.data.duplicates to
      com.fasterxml.jackson.databind;
}
