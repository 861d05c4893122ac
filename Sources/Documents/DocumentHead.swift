/// What the documents of all commands say of themselves, as far as they do.
package struct DocumentHead: Decodable, Equatable, Sendable {
  @Field package var schema: String?
  @Field package var host: String?
  @Field package var kernel: String?
  @Field package var device: String?
  @Field package var driver: String?
  @Field package var emulated: Bool?

  package init() {}
}
