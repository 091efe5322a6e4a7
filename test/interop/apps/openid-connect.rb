# A web application with the openid_connect gem, as its wiki has it: a state and a nonce, no PKCE.
require 'json'
require 'openid_connect'
require 'securerandom'
require 'webrick'

GATEWAY, HERE, CLIENT_ID = ENV.values_at('GATEWAY', 'HERE', 'CLIENT_ID')
SWD.url_builder = URI::HTTP # on this machine

SERVER = OpenIDConnect::Discovery::Provider::Config.discover!(GATEWAY)
SESSIONS = Hash.new { |all, id| all[id] = { user: {} } }

def client
  OpenIDConnect::Client.new(
    identifier: CLIENT_ID,
    secret: ENV['CLIENT_SECRET'],
    redirect_uri: "#{HERE}/callback",
    authorization_endpoint: SERVER.authorization_endpoint,
    token_endpoint: SERVER.token_endpoint
  )
end

def claims_of(token, nonce)
  id_token = OpenIDConnect::ResponseObject::IdToken.decode(token.id_token, SERVER.jwks)
  id_token.verify!({ issuer: SERVER.issuer, client_id: CLIENT_ID, nonce: nonce }.compact)
  id_token.raw_attributes
end

ROUTES = {
  '/' => ->(session, _) { session[:user] },
  '/login' => lambda do |session, _|
    session[:state], session[:nonce] = SecureRandom.hex(16), SecureRandom.hex(16)
    client.authorization_uri(
      scope: %i[profile offline_access], state: session[:state], nonce: session[:nonce]
    )
  end,
  '/callback' => lambda do |session, query|
    raise 'state did not match' unless query['state'] == session[:state]
    raise query['error'] if query['error']
    redeemer = client
    redeemer.authorization_code = query['code']
    session[:token] = redeemer.access_token!
    session[:user] = claims_of(session[:token], session[:nonce])
    '/'
  end,
  '/refresh' => lambda do |session, _|
    redeemer = client
    redeemer.refresh_token = session[:token].refresh_token
    claims_of(redeemer.access_token!, nil)
  end
}.freeze

server = WEBrick::HTTPServer.new(
  BindAddress: '127.0.0.1', Port: ENV['PORT'].to_i, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN)
)
server.mount_proc('/') do |request, response|
  cookie = request.cookies.find { |one| one.name == 'sid' }
  id = cookie ? cookie.value : SecureRandom.uuid
  answer =
    begin
      ROUTES.fetch(request.path).call(SESSIONS[id], request.query)
    rescue StandardError => error
      warn(error.full_message)
      { error: error.message, kind: error.class.name }
    end
  response['set-cookie'] = "sid=#{id}; Path=/; HttpOnly"
  if answer.is_a?(String)
    response.status = 302
    response['location'] = answer
  else
    response['content-type'] = 'application/json'
    response.body = JSON.generate(answer)
  end
end
%w[TERM INT].each { |signal| trap(signal) { server.shutdown } }
puts 'listening'
$stdout.flush
server.start
